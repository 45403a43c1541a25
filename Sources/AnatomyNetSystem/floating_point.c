#include "anatomynet_system.h"

ans_floating_point ans_hold_floating_point(void) {
    ans_floating_point of_host;
    fegetenv(&of_host.environment);
    fesetenv(FE_DFL_ENV);
    return of_host;
}

void ans_restore_floating_point(ans_floating_point of_host) { fesetenv(&of_host.environment); }
