/* Answers to health checks by gRPC. */
#include <assert.h>

#include "health/grpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bool serving = grpc_is_serving(str_of((const char *)data, size));
    assert(!serving || (size >= 7 && size <= GRPC_LONGEST_ANSWER));
    return 0;
}
