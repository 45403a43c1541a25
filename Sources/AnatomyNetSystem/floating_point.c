#include "anatomynet_system.h"

ans_floating_point ans_hold_floating_point(void) {
    ans_floating_point of_host;
    feholdexcept(&of_host.environment);
    fesetround(FE_TONEAREST);
    return of_host;
}

void ans_restore_floating_point(ans_floating_point of_host) { fesetenv(&of_host.environment); }
