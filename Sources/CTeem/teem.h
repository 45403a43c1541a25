#include <teem/biff.h>
#include <teem/nrrd.h>
