/* Health checks by gRPC (grpc/health/v1/health.proto): one question to the server as a whole, one answer. Pure. */
#pragma once

#include <stdbool.h>

#include "base/str.h"

#define GRPC_HEALTH_PATH "/grpc.health.v1.Health/Check"

/* What is asked: a frame with an empty message. */
extern const struct str grpc_question;

/* More than any answer has. */
enum { GRPC_LONGEST_ANSWER = 256 };

/* Whether the body of an answer, a frame, says SERVING. */
bool grpc_is_serving(struct str body);
