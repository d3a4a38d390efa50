/* Middlewares of the model: ops, chains, and that none is ever left out silently. */
#include "middleware_case.h"

static const struct {
    const char *tree, *want;
} cases[] = {
    { USE("a") STRIP("a"), ROUTER " a@etcd=strip:/a\n" },
    { USE("a@etcd") STRIP("a"), ROUTER " a@etcd=strip:/a\n" },
    { USE("a,b") STRIP("b") LIMIT("a"), ROUTER " a@etcd=limit:10/1000ms:1:ip b@etcd=strip:/b\n" },
    { USE("b,a") STRIP("b") LIMIT("a"), ROUTER " b@etcd=strip:/b a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a,a") LIMIT("a"), ROUTER " a@etcd=limit:10/1000ms:1:ip a@etcd=limit:10/1000ms:1:ip\n" },
    /* stripPrefix. */
    { USE("a") MW("a") "stripprefix/prefixes = /x, /y/ ,/z", ROUTER " a@etcd=strip:/x:/y/:/z\n" },
    { USE("a") MW("a") "stripprefix/prefixes/0 = \\s/x\\s\n", ROUTER " a@etcd=strip:/x\n" },
    { USE("a") MW("a") "stripprefix/prefixes = /x\n" MW("a") "stripprefix/forceslash = true",
      ROUTER " a@etcd=strip!:/x\n" },
    { USE("a") MW("a") "stripprefix/forceslash = true", ROUTER "\n" },
    { USE("a,b") STRIP("a") STRIP("b"), ROUTER " a@etcd=strip:/a b@etcd=strip:/b\n" },
    /* rateLimit. */
    { USE("a") LIMIT("a") MW("a") "ratelimit/burst = 50\n" MW("a") "ratelimit/period = 1m",
      ROUTER " a@etcd=limit:10/60000ms:50:ip\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/burst = 0\n" MW("a") "ratelimit/period = 0",
      ROUTER " a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/burst = -7", ROUTER " a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a") MW("a") "ratelimit/burst = 5", ROUTER "\n" },
    { USE("a") MW("a") "ratelimit/average = 0", ROUTER "\n" },
    { USE("a") MW("a") "ratelimit/average = -1", ROUTER "\n" },
    { USE("a") MW("a") "ratelimit/average = 9223372036", ROUTER " a@etcd=limit:9223372036/1000ms:1:ip\n" },
    { USE("a") MW("a") "ratelimit/average = 9223372037",
      OUT "! bad-value middlewares/a/ratelimit/average\n! broken-reference routers/r/middlewares\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/period = -1s",
      OUT "! bad-object middlewares/a/ratelimit/period\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "ratelimit/period = -1s",
      OUT "! bad-object middlewares/a/ratelimit/period\n! broken-reference routers/r/middlewares\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/requestheadername = X-Who",
      ROUTER " a@etcd=limit:10/1000ms:1:headerx-who\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/requesthost = true",
      ROUTER " a@etcd=limit:10/1000ms:1:host\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/requesthost = false",
      ROUTER " a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/requestheadername = ",
      ROUTER " a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/ipstrategy/depth = 0",
      ROUTER " a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/ipstrategy/depth = -1",
      ROUTER " a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/ipstrategy/depth = 2\n" MW(
          "a") "ratelimit/sourcecriterion/ipstrategy/ipv6subnet = 64",
      ROUTER " a@etcd=limit:10/1000ms:1:ip:2/64/0\n" },
    { USE("a") LIMIT("a")
          MW("a") "ratelimit/sourcecriterion/ipstrategy/excludedips = 10.0.0.0/8,::1,192.168.1.7/24",
      ROUTER " a@etcd=limit:10/1000ms:1:ip:0/0/3\n" },
#define IN_ERROR(key)                                                                                        \
    OUT "! bad-object middlewares/a/ratelimit/" key "\n! broken-reference routers/r/middlewares\n"
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/ipstrategy/excludedips = 10.0.0.0/33",
      IN_ERROR("sourcecriterion/ipstrategy/excludedips") },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/ipstrategy/excludedips = 10.0.0.0/8,localhost",
      IN_ERROR("sourcecriterion/ipstrategy/excludedips") },
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/ipstrategy/ipv6subnet = 129",
      IN_ERROR("sourcecriterion/ipstrategy/ipv6subnet") },
    { USE("a") LIMIT("a") MW("a") "ratelimit/redis/endpoints = h", IN_ERROR("redis/endpoints") },
    { USE("a") LIMIT("a") MW("a") "ratelimit/redis/endpoints = h:99999", IN_ERROR("redis/endpoints") },
#undef IN_ERROR
    /* Authentications. */
    { USE("a") MW("a") "basicauth/users = u:h,v:i", ROUTER " a@etcd=basic:2:traefik\n" },
    { USE("a") MW("a") "basicauth/users = u:h\n" MW("a") "basicauth/realm = R\n" MW(
          "a") "basicauth/headerfield = X-U\n" MW("a") "basicauth/removeheader = true",
      ROUTER " a@etcd=basic:1:R:X-U:removed\n" },
    { USE("a") MW("a") "digestauth/users = u:r:h", ROUTER " a@etcd=digest:1:traefik\n" },
    { USE("a") MW("a") "digestauth/realm = R", ROUTER " a@etcd=digest:0:R\n" },
    { USE("a") MW("a") "forwardauth/address = http://h", ROUTER " a@etcd=forward:http://h:0\n" },
    { USE("a") MW("a") "forwardauth/trustforwardheader = true", ROUTER " a@etcd=forward::2\n" },
    { USE("a") MW("a") "forwardauth/trustforwardheader = false", ROUTER " a@etcd=forward::1\n" },
#define IN_ERROR(key)  OUT "! bad-object middlewares/a/" key "\n! broken-reference routers/r/middlewares\n"
#define BAD_VALUE(key) OUT "! bad-value middlewares/a/" key "\n! broken-reference routers/r/middlewares\n"
    { USE("a") MW("a") "basicauth/users = u", IN_ERROR("basicauth/users") },
    { USE("a") MW("a") "basicauth/users = u:h:x", IN_ERROR("basicauth/users") },
    { USE("a") MW("a") "basicauth/realm = R", IN_ERROR("basicauth") },
    { USE("a") MW("a") "basicauth/usersfile = /nowhere", IN_ERROR("basicauth/usersfile") },
    { USE("a") MW("a") "digestauth/users = u:h", IN_ERROR("digestauth/users") },
    { USE("a") MW("a") "basicauth/users = u:h\n" MW("a") "basicauth/headerfield = X U",
      BAD_VALUE("basicauth/headerfield") },
    { USE("a") MW("a") "forwardauth/authresponseheaders = X-A,X:B",
      BAD_VALUE("forwardauth/authresponseheaders") },
    { USE("a") MW("a") "forwardauth/addauthcookiestoresponse = a=b",
      BAD_VALUE("forwardauth/addauthcookiestoresponse") },
    { USE("a") MW("a") "forwardauth/authresponseheadersregex = (",
      IN_ERROR("forwardauth/authresponseheadersregex") },
    { USE("a") MW("a") "forwardauth/authresponseheadersregex = (?=a)",
      IN_ERROR("forwardauth/authresponseheadersregex") },
    { USE("a") MW("a") "forwardauth/tls/ca = /nowhere", IN_ERROR("forwardauth/tls/ca") },
    { USE("a") MW("a") "forwardauth/tls/cert = -----BEGIN CERTIFICATE-----", IN_ERROR("forwardauth/tls") },
#undef IN_ERROR
#undef BAD_VALUE
    { USE("a") LIMIT("a") MW("a") "ratelimit/sourcecriterion/requesthost = true\n" MW(
          "a") "ratelimit/sourcecriterion/requestheadername = X",
      OUT "! bad-object middlewares/a/ratelimit/sourcecriterion\n! broken-reference "
          "routers/r/middlewares\n" },
    /* addPrefix. */
    { USE("a") MW("a") "addprefix/prefix = /x y", ROUTER " a@etcd=add:/x y\n" },
    { USE("a") MW("a") "addprefix/prefix = ",
      OUT "! bad-object middlewares/a/addprefix/prefix\n! broken-reference routers/r/middlewares\n" },
    /* headers: names in lower case, the last of several; what frames a message cannot be set. */
    { USE("a") MW("a") "headers/customrequestheaders/X-B = 1\n" MW(
          "a") "headers/customrequestheaders/X-A = \n" MW("a") "headers/customrequestheaders/x-b = "
                                                               "2\n" MW("a") "headers/"
                                                                             "customrequestheaders/"
                                                                             "Content-Length = 5",
      ROUTER " a@etcd=headers:>x-a=:>x-b=2\n" },
    { USE("a") MW("a") "headers/customresponseheaders/X-B = a\\nb\n", ROUTER " a@etcd=headers:<x-b=a b\n" },
    { USE("a") MW("a") "headers/customrequestheaders/X-Forwarded-For = ",
      ROUTER " a@etcd=headers!:>x-forwarded-for=\n" },
    { USE("a") MW("a") "headers/customrequestheaders/x-forwarded-for = ",
      ROUTER " a@etcd=headers:>x-forwarded-for=\n" },
    { USE("a") MW("a") "headers/customrequestheaders/X B = 1",
      OUT "! bad-object middlewares/a/headers/customrequestheaders/X B\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a") MW("a") "headers/customrequestheaders/X-B = a\\nb",
      OUT "! bad-object middlewares/a/headers/customrequestheaders/X-B\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a") MW("a") "headers/stsseconds = 0", ROUTER "\n" },
    { USE("a") MW("a") "headers/framedeny = false",
      OUT "! bad-object middlewares/a/headers\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "headers/accesscontrolalloworiginlistregex = (",
      OUT "! bad-object middlewares/a/headers/accesscontrolalloworiginlistregex\n! broken-reference "
          "routers/r/middlewares\n" },
    /* Paths and redirects. */
    { USE("a") MW("a") "stripprefixregex/regex = ^/a,/b", ROUTER " a@etcd=stripre:2\n" },
    { USE("a") MW("a") "stripprefixregex/regex = (",
      OUT "! bad-object middlewares/a/stripprefixregex/regex\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "replacepath/path = x", ROUTER " a@etcd=replace:x\n" },
    { USE("a")
          MW("a") "replacepathregex/regex = \\s(a)\\s\n" MW("a") "replacepathregex/replacement = /$1x/${1}",
      ROUTER " a@etcd=rewrite:2:3\n" },
    { USE("a") MW("a") "redirectregex/regex = (?P<x>a)\n" MW("a") "redirectregex/permanent = true",
      ROUTER " a@etcd=redirect!:2:0\n" },
    { USE("a") MW("a") "redirectscheme/scheme = https\n" MW("a") "redirectscheme/port = 443",
      ROUTER " a@etcd=scheme:https\n" },
    { USE("a") MW("a") "redirectscheme/port = 443",
      OUT "! bad-object middlewares/a/redirectscheme\n! broken-reference routers/r/middlewares\n" },
    /* Access: what is no network, or no status, lets nobody pass; IPv4 in IPv6 is IPv4. */
    { USE("a") MW("a") "ipallowlist/sourcerange = 10.1.2.3/8,::ffff:1.2.3.4,fd00::1/16",
      ROUTER " a@etcd=allow403:4/8:4/32:16/16\n" },
    { USE("a") MW("a") "ipwhitelist/sourcerange = 1.2.3.4\n" MW("a") "ipwhitelist/ipstrategy/depth = 2",
      ROUTER " a@etcd=allow403:depth2:4/32\n" },
    { USE("a") MW("a") "ipallowlist/rejectstatuscode = 404",
      OUT "! bad-object middlewares/a/ipallowlist\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "ipallowlist/sourcerange = 10.0.0.0/33,localhost,1.2.3",
      OUT "! bad-object middlewares/a/ipallowlist/sourcerange\n! bad-object "
          "middlewares/a/ipallowlist/sourcerange\n"
          "! bad-object middlewares/a/ipallowlist/sourcerange\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "ipallowlist/sourcerange = 1.2.3.4\n" MW("a") "ipallowlist/rejectstatuscode = 299",
      OUT "! bad-object middlewares/a/ipallowlist/rejectstatuscode\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a") MW("a") "inflightreq/amount = 5", ROUTER " a@etcd=inflight:5:host\n" },
    { USE("a")
          MW("a") "inflightreq/amount = -5\n" MW("a") "inflightreq/sourcecriterion/requestheadername = X-U",
      ROUTER " a@etcd=inflight:0:headerx-u\n" },
    { USE("a,b,a") MW("a") "inflightreq/amount = 5\n" MW("b") "inflightreq/amount = 5",
      OUT "! not-supported routers/r/middlewares\n" },
    { USE("a") MW("a") "encodedcharacters/allowencodedslash = true", ROUTER " a@etcd=refuse:5C003B253F23\n" },
    { USE("a") MW("a") "buffering/maxrequestbodybytes = 9", ROUTER " a@etcd=buffering:9:0:\n" },
    { USE("a") MW("a") "buffering/memrequestbodybytes = 9", ROUTER " a@etcd=buffering:0:0:\n" },
    { USE("a") MW("a") "buffering/maxresponsebodybytes = 9", ROUTER " a@etcd=buffering:0:9:\n" },
    { USE("a") MW("a") "buffering/maxrequestbodybytes = -9",
      OUT "! bad-object middlewares/a/buffering/maxrequestbodybytes\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a")
          MW("a") "buffering/retryexpression = IsNetworkError() && (Attempts()<3||ResponseCode() >= 500)",
      ROUTER " a@etcd=buffering:0:0:IsNetworkError Attempts 3 < ResponseCode 500 >= || &&\n" },
    { USE("a") MW("a") "buffering/retryexpression = RequestMethod() != \"GET\" || RequestMethod() == `PO ST`",
      ROUTER " a@etcd=buffering:0:0:RequestMethod=GET ! RequestMethod=PO%20ST ||\n" },
    { USE("a") MW("a") "retry/attempts = 3", ROUTER " a@etcd=retry:3:2097152:network\n" },
    { USE("a") MW("a") "retry/attempts = 1", ROUTER "\n" },
    { USE("a") MW("a") "retry/attempts = 2\n" MW("a") "retry/status = 503,500-502\n" MW(
          "a") "retry/disableretryonnetworkerror = true\n" MW("a") "retry/maxrequestbodybytes = "
                                                                   "-1\n" MW("a") "retry/"
                                                                                  "retrynonidempotent"
                                                                                  "method = true",
      ROUTER " a@etcd=retry:503-503:500-502:2:-1:all\n" },
    { USE("a") MW("a") "retry/timeout = 1s",
      OUT "! bad-object middlewares/a/retry\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "retry/attempts = 2\n" MW("a") "retry/disableretryonnetworkerror = true",
      OUT "! bad-object middlewares/a/retry/disableretryonnetworkerror\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a") MW("a") "retry/attempts = 2\n" MW("a") "retry/status = 5xx",
      OUT "! bad-value middlewares/a/retry/status\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "errors/status = 500-599\n" MW("a") "errors/service = s\n" MW(
          "a") "errors/query = /{status}",
      ROUTER " a@etcd=errors:500-599:s@etcd:/{status}\n" },
    { USE("a") MW("a") "errors/status = 404\n" MW("a") "errors/service = s\n" MW(
          "a") "errors/statusrewrites/418 = 404\n" MW("a") "errors/statusrewrites/500-502 = 503",
      ROUTER " a@etcd=errors:404-404:s@etcd::418-418=404:500-502=503\n" },
    { USE("a") MW("a") "errors/service = s", ROUTER "\n" },
    { USE("a") MW("a") "errors/status = 500\n" MW("a") "errors/service = t",
      OUT "! missing-reference middlewares/a/errors/service\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "errors/status = 500\n" MW("a") "errors/service = s\n" MW(
          "a") "errors/statusrewrites/5xx = 1",
      OUT "! bad-value middlewares/a/errors/statusrewrites/5xx\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "compress = true", ROUTER " a@etcd=compress:1024:but:gzip:br:zstd\n" },
    { USE("a") MW("a") "compress/encodings = zstd,br\n" MW("a") "compress/defaultencoding = br\n" MW(
          "a") "compress/minresponsebodybytes = 10\n" MW("a") "compress/includedcontenttypes = "
                                                              "Text/HTML; charset=utf-8,application/json",
      ROUTER " a@etcd=compress:10:only:zstd:br:text/html:application/json\n" },
    { USE("a") MW("a") "compress/encodings = lzma",
      OUT "! bad-value middlewares/a/compress/encodings\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "compress/encodings = gzip\n" MW("a") "compress/defaultencoding = br",
      OUT "! bad-value middlewares/a/compress/defaultencoding\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "compress/includedcontenttypes = a/b\n" MW("a") "compress/excludedcontenttypes = c/d",
      OUT "! bad-object middlewares/a/compress\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "compress/excludedcontenttypes = text html",
      OUT "! bad-value middlewares/a/compress/excludedcontenttypes\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a,b") MW("a") "retry/attempts = 2\n" MW("b") "passtlsclientcert/pem = true",
      OUT "! not-supported routers/r/middlewares\n" },
    { USE("a") MW("a") "compress = false",
      OUT "! bad-object middlewares/a\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "contenttype/autodetect = false", ROUTER "\n" },
    { USE("a") MW("a") "contenttype = true", ROUTER " a@etcd=guess\n" },
    /* circuitBreaker: times that are none are the usual ones. */
    { USE("a") MW("a") "circuitbreaker/expression = NetworkErrorRatio() > 0.5",
      ROUTER " a@etcd=breaker:1:100/10000/10000:503\n" },
    { USE("a") MW("a") "circuitbreaker/expression = NetworkErrorRatio() > 0.5 || RequestThreshold() > "
                       "1\n" MW("a") "circuitbreaker/checkperiod = -1\n" MW(
                           "a") "circuitbreaker/fallbackduration = 2\n" MW("a") "circuitbreaker/"
                                                                                "recoveryduration = "
                                                                                "3\n" MW("a") "circuitbre"
                                                                                              "aker/"
                                                                                              "responseco"
                                                                                              "de = 418",
      ROUTER " a@etcd=breaker:3:100/2000/3000:418\n" },
    { USE("a") MW("a") "circuitbreaker/expression = Foo() > 1",
      OUT "! bad-object middlewares/a/circuitbreaker/expression\n! broken-reference "
          "routers/r/middlewares\n" },
    { USE("a") MW("a") "circuitbreaker/expression = NetworkErrorRatio() > 0.5\n" MW(
          "a") "circuitbreaker/responsecode = 99",
      OUT "! not-supported middlewares/a/circuitbreaker/responsecode\n! broken-reference "
          "routers/r/middlewares\n" },
    /* A middleware in error is never passed by. */
    { USE("a"), OUT "! missing-reference routers/r/middlewares\n" },
    { USE("a,,b") LIMIT("a") LIMIT("b"), OUT "! missing-reference routers/r/middlewares\n" },
    { USE("A") LIMIT("a"), OUT "! missing-reference routers/r/middlewares\n" },
    { USE("a@file") LIMIT("a"), OUT "! missing-reference routers/r/middlewares\n" },
    { USE("a") "http/middlewares/a = true",
      OUT "! bad-object middlewares/a\n! broken-reference routers/r/middlewares\n" },
    { USE("a") STRIP("a") LIMIT("a"),
      OUT "! bad-object middlewares/a\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "grpcweb/alloworigins = u",
      OUT "! not-supported middlewares/a/grpcweb\n! broken-reference routers/r/middlewares\n" },
    { USE("a") STRIP("a") MW("a") "addprefix/prefix = /x",
      OUT "! bad-object middlewares/a\n! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "ratelimit/average = x", OUT "! broken-reference routers/r/middlewares\n" },
    { USE("a") MW("a") "ratelimit/foo = 1", OUT "! broken-reference routers/r/middlewares\n" },
    { USE("x,a") MW("x") "chain/middlewares = a\n" MW("a") "grpcweb/alloworigins = u",
      OUT "! not-supported middlewares/a/grpcweb\n! broken-reference middlewares/x/chain/middlewares\n"
          "! broken-reference routers/r/middlewares\n! broken-reference routers/r/middlewares\n" },
    /* Unused ones only tell their own errors. */
    { "http/routers/r/rule = Path(`/`)\nhttp/routers/r/service = s\n" MW("a") "ratelimit/period = -1s",
      ROUTER "\n! bad-object middlewares/a/ratelimit/period\n" },
    /* Chains. */
    { USE("c") MW("c") "chain/middlewares = b,a\n" STRIP("b") LIMIT("a"),
      ROUTER " b@etcd=strip:/b a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("c") MW("c") "chain/middlewares = d\n" MW("d") "chain/middlewares = a,e,a\n" MW(
          "e") "chain/middlewares = b\n" STRIP("b") LIMIT("a"),
      ROUTER " a@etcd=limit:10/1000ms:1:ip b@etcd=strip:/b a@etcd=limit:10/1000ms:1:ip\n" },
    { USE("c") MW("c") "chain/middlewares = ", ROUTER "\n" },
    { USE("c,c") MW("c") "chain/middlewares = a\n" STRIP("a"), ROUTER " a@etcd=strip:/a a@etcd=strip:/a\n" },
    { USE("c") MW("c") "chain/middlewares = a,x\n" LIMIT("a"),
      OUT "! missing-reference middlewares/c/chain/middlewares\n! broken-reference routers/r/middlewares\n" },
    { USE("c") MW("c") "chain/middlewares = c",
      OUT "! bad-object middlewares/c/chain/middlewares\n! broken-reference routers/r/middlewares\n" },
    { USE("c") MW("c") "chain/middlewares = d\n" MW("d") "chain/middlewares = a,c\n" LIMIT("a"),
      OUT "! broken-reference middlewares/c/chain/middlewares\n! bad-object middlewares/d/chain/middlewares\n"
          "! broken-reference routers/r/middlewares\n" },
    { USE("a") LIMIT("a") MW("c") "chain/middlewares = d\n" MW("d") "chain/middlewares = c",
      ROUTER " a@etcd=limit:10/1000ms:1:ip\n! broken-reference middlewares/c/chain/middlewares\n"
             "! bad-object middlewares/d/chain/middlewares\n" },
};

START_TEST(middlewares_come_out_as_written)
{
    struct model_case c = model_case_of(cases[_i].tree);
    struct buf out = { 0 };
    put_routers(&out, c.model);
    put_findings(&out, c.diag);
    ck_assert_msg(str_eq(buf_str(&out), str_c(cases[_i].want)), "%s\nis\n%swanted\n%s", cases[_i].tree, out.p,
                  cases[_i].want);
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

START_TEST(bare_names_in_a_chain_are_of_its_provider)
{
    struct model_case c =
        model_case_with(&usual_settings, USE("c@file") LIMIT("a"),
                        MW("c") "chain/middlewares = a\n" MW("a") "ratelimit/average = 77\n");
    struct buf out = { 0 };
    put_routers(&out, c.model);
    ck_assert_str_eq(out.p, ROUTER " a@file=limit:77/1000ms:1:ip\n");
    buf_fini(&out);
    model_case_fini(&c);
}
END_TEST

static struct model_case chains_of(size_t levels, const char *of_each)
{
    struct buf tree = { 0 };
    buf_puts(&tree, USE("c0") LIMIT("a"));
    for (size_t i = 0; i < levels; i++)
        buf_printf(&tree, MW("c%zu") "chain/middlewares = %sc%zu\n", i, of_each, i + 1);
    buf_printf(&tree, MW("c%zu") "chain/middlewares = a,a\n", levels);
    struct model_case c = model_case_of(tree.p);
    buf_fini(&tree);
    return c;
}

START_TEST(chains_may_be_long)
{
    struct model_case c = chains_of(20000, "");
    ck_assert_uint_eq(c.model->n_routers, 1);
    ck_assert_uint_eq(c.model->routers[0].n_ops, 2);
    ck_assert_uint_eq(diag_total(c.diag), 0);
    model_case_fini(&c);
}
END_TEST

START_TEST(chains_cannot_grow_without_end)
{
    struct model_case c = chains_of(62, "a,");
    ck_assert_uint_eq(c.model->n_routers, 1);
    ck_assert_uint_eq(c.model->routers[0].n_ops, 64);
    model_case_fini(&c);
    c = chains_of(63, "a,");
    ck_assert_uint_eq(c.model->n_routers, 0);
    ck_assert_uint_eq(c.model->n_routers_out, 1);
    ck_assert_int_eq(first_finding(&c)->code, FINDING_BAD_OBJECT);
    ck_assert(has(first_finding(&c)->message, "more than 64"));
    model_case_fini(&c);
}
END_TEST

START_TEST(chains_that_double_each_time_are_refused_at_once)
{
    struct buf tree = { 0 };
    buf_puts(&tree, USE("c0") LIMIT("a"));
    for (int i = 0; i < 60; i++)
        buf_printf(&tree, MW("c%d") "chain/middlewares = c%d,c%d\n", i, i + 1, i + 1);
    buf_puts(&tree, MW("c60") "chain/middlewares = a\n");
    struct model_case c = model_case_of(tree.p);
    ck_assert_uint_eq(c.model->n_routers_out, 1);
    ck_assert_uint_lt(arena_size(c.arena), 1 << 20);
    buf_fini(&tree);
    model_case_fini(&c);
}
END_TEST

START_TEST(a_list_of_names_tells_its_first_faults_only)
{
    struct buf tree = { 0 };
    buf_puts(&tree,
             "http/routers/r/rule = Path(`/`)\nhttp/routers/r/service = s\nhttp/routers/r/middlewares = ");
    for (int i = 0; i < 500; i++)
        buf_printf(&tree, "x%d,", i);
    struct model_case c = model_case_of(tree.p);
    ck_assert_uint_eq(diag_count(c.diag, SEVERITY_NOTE), 8);
    ck_assert_uint_eq(c.model->n_routers_out, 1);
    buf_fini(&tree);
    model_case_fini(&c);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { middlewares_come_out_as_written, ROWS(cases) },
        { bare_names_in_a_chain_are_of_its_provider, 0 },
        { chains_may_be_long, 0 },
        { chains_cannot_grow_without_end, 0 },
        { chains_that_double_each_time_are_refused_at_once, 0 },
        { a_list_of_names_tells_its_first_faults_only, 0 },
        { NULL, 0 },
    };
    return run_suite("model_middleware", rows);
}
