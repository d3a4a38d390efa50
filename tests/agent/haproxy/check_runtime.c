/* The socket itself: against a small server of our own that behaves badly, and against HAProxy. */
#include "haproxy/runtime.h"

#include <pthread.h>

#include "haproxy/batch.h"
#include "stage.h"
#include "suite.h"

/* What the server does with each connection. */
enum manner { SILENT, CLOSE_AT_ONCE, ENDLESS, HALF_AN_ANSWER };

struct fake {
    char folder[64], path[96];
    int listener, quit[2];
    enum manner manner;
    pthread_t thread;
};

static void behave(struct fake *fake, int fd)
{
    char command[512], piece[4096];
    memset(piece, 'x', sizeof piece);
    if (fake->manner == CLOSE_AT_ONCE)
        return;
    struct pollfd fds[2] = { { .fd = fd, .events = POLLIN }, { .fd = fake->quit[0], .events = POLLIN } };
    poll(fds, 2, -1);
    if (recv(fd, command, sizeof command, MSG_DONTWAIT) <= 0)
        return;
    if (fake->manner == SILENT)
        poll(fds + 1, 1, -1);
    else if (fake->manner == HALF_AN_ANSWER)
        send(fd, "\n> \n> half", 10, MSG_NOSIGNAL);
    else
        while (send(fd, piece, sizeof piece, MSG_NOSIGNAL) > 0)
            ;
}

static void *run_fake(void *context)
{
    struct fake *fake = context;
    for (;;) {
        struct pollfd fds[2] = { { .fd = fake->listener, .events = POLLIN },
                                 { .fd = fake->quit[0], .events = POLLIN } };
        poll(fds, 2, -1);
        if (fds[1].revents)
            return NULL;
        int fd = accept(fake->listener, NULL, NULL);
        behave(fake, fd);
        close(fd);
    }
}

static void fake_open(struct fake *fake, enum manner manner)
{
    *fake = (struct fake){ .folder = "/tmp/maitred-runtime-XXXXXX", .manner = manner };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    ck_assert_ptr_nonnull(mkdtemp(fake->folder));
    snprintf(fake->path, sizeof fake->path, "%s/sock", fake->folder);
    memcpy(address.sun_path, fake->path, strlen(fake->path));
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fake->listener, 4), 0);
    ck_assert_int_eq(pipe(fake->quit), 0);
    ck_assert_int_eq(pthread_create(&fake->thread, NULL, run_fake, fake), 0);
}

static void fake_close(struct fake *fake)
{
    close(fake->quit[1]);
    pthread_join(fake->thread, NULL);
    close(fake->quit[0]);
    close(fake->listener);
    unlink(fake->path);
    rmdir(fake->folder);
}

static const struct {
    enum manner manner;
    enum runtime_status call, batch;
} manners[] = {
    { SILENT, RUNTIME_TIMEOUT, RUNTIME_TIMEOUT },
    { CLOSE_AT_ONCE, RUNTIME_UNREACHABLE, RUNTIME_UNREACHABLE },
    { ENDLESS, RUNTIME_REFUSED, RUNTIME_TIMEOUT },
    { HALF_AN_ANSWER, RUNTIME_OK, RUNTIME_UNREACHABLE },
};

START_TEST(a_bad_server_is_no_harm)
{
    struct fake fake;
    fake_open(&fake, manners[_i].manner);
    struct runtime runtime = { fake.path, 200 };
    struct buf answer = buf_make(200000);
    ck_assert_int_eq(runtime_call(&runtime, STR("show info"), &answer), manners[_i].call);
    struct runtime_info info;
    ck_assert_int_ne(runtime_ask_info(&runtime, &info), RUNTIME_OK);
    buf_fini(&answer);
    if (manners[_i].manner != ENDLESS) { /* a gigabyte is kept before it is refused */
        struct batch *batch = batch_create(&runtime);
        batch_add(batch, STR("show info"));
        ck_assert_int_eq(batch_run(batch), manners[_i].batch);
        batch_destroy(batch);
    }
    fake_close(&fake);
}
END_TEST

START_TEST(a_missing_socket_is_unreachable)
{
    char path[300];
    struct buf answer = { 0 };
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    const struct runtime missing = { "/nonexistent/haproxy.sock", 1000 }, too_long = { path, 1000 };
    ck_assert_int_eq(runtime_call(&missing, STR("show info"), &answer), RUNTIME_UNREACHABLE);
    ck_assert_int_eq(runtime_call(&too_long, STR("show info"), &answer), RUNTIME_UNREACHABLE);
    buf_fini(&answer);
}
END_TEST

START_TEST(a_full_backlog_is_waited_for_and_no_longer_than_told)
{
    struct fake fake;
    fake_open(&fake, SILENT);
    int fds[64], n = 0;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    memcpy(address.sun_path, fake.path, strlen(fake.path));
    for (; n < 64; n++) {
        fds[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(fds[n], (struct sockaddr *)&address, sizeof address) != 0)
            break;
    }
    ck_assert_int_lt(n, 64);
    struct buf answer = { 0 };
    struct runtime runtime = { fake.path, 100 };
    ck_assert_int_eq(runtime_call(&runtime, STR("show info"), &answer), RUNTIME_TIMEOUT);
    for (; n >= 0; n--)
        close(fds[n]);
    buf_fini(&answer);
    fake_close(&fake);
}
END_TEST

START_TEST(a_command_that_is_too_long_is_not_sent)
{
    struct runtime runtime = { "/nonexistent/haproxy.sock", 1000 };
    struct buf command = { 0 }, answer = { 0 };
    for (size_t i = 0; i <= RUNTIME_COMMAND_MAX; i++)
        buf_putc(&command, 'x');
    ck_assert_int_eq(runtime_call(&runtime, buf_str(&command), &answer), RUNTIME_REFUSED);
    struct batch *batch = batch_create(&runtime);
    batch_add(batch, STR("show info"));
    batch_add(batch, buf_str(&command));
    ck_assert_int_eq(batch_run(batch), RUNTIME_REFUSED);
    batch_reset(batch);
    batch_add(batch, STR("show info"));
    ck_assert_int_eq(batch_run(batch), RUNTIME_UNREACHABLE);
    batch_destroy(batch);
    buf_fini(&command);
    buf_fini(&answer);
}
END_TEST

START_TEST(haproxy_tells_its_version_and_process)
{
    struct stage stage;
    stage_open(&stage, "");
    struct haproxy_version version, same;
    int pid;
    ck_assert_int_eq(runtime_version(&stage.runtime, &version, &pid), RUNTIME_OK);
    haproxy_version(stage.haproxy, &same);
    ck_assert_int_eq(memcmp(&version, &same, sizeof same), 0);
    ck_assert_int_eq(pid, haproxy_worker_pid(stage.haproxy));
    ck_assert_int_eq(kill(pid, 0), 0);
    stage_close(&stage);
}
END_TEST

START_TEST(answers_of_a_batch_stay_apart)
{
    struct stage stage;
    stage_open(&stage, "");
    struct batch *batch = batch_create(&stage.runtime);
    ck_assert_int_eq(batch_run(batch), RUNTIME_OK); /* of nothing */
    batch_add(batch, STR("show version"));
    batch_addf(batch, "set map %s a.test|0/ x\\;y", stage.map_path);
    batch_add(batch, STR("add server nowhere/x 127.0.0.1:1"));
    batch_add(batch, STR("no such command"));
    batch_addf(batch, "get map %s a.test|0/", stage.map_path);
    batch_add(batch, STR("show servers state"));
    ck_assert_int_eq(batch_run(batch), RUNTIME_OK);
    ck_assert_uint_eq(batch_count(batch), 6);
    ck_assert(str_starts(batch_answer(batch, 0), STR("[6]: "))); /* a message: severities are on */
    ck_assert_uint_eq(str_trim(batch_answer(batch, 1)).n, 0);
    ck_assert(str_eq(str_trim(batch_answer(batch, 2)), STR("[3]: No such backend.")));
    ck_assert(str_starts(batch_answer(batch, 3), STR("[6]: Unknown command")));
    ck_assert_uint_ne(str_search(batch_answer(batch, 4), STR("value=\"x;y\"")), SIZE_MAX);
    ck_assert(str_starts(batch_answer(batch, 5), STR("1\n# be_id")));
    ck_assert(str_eq(batch_command(batch, 3), STR("no such command")));
    batch_destroy(batch);
    stage_close(&stage);
}
END_TEST

START_TEST(a_long_batch_keeps_its_order)
{
    enum { N = 3000 };
    struct stage stage;
    stage_open(&stage, "");
    struct batch *batch = batch_create(&stage.runtime);
    for (int i = 0; i < N; i++) {
        batch_addf(batch, "add map %s key-%06d value-of-%d", stage.map_path, i, i);
        batch_addf(batch, "get map %s key-%06d", stage.map_path, i);
    }
    ck_assert_int_eq(batch_run(batch), RUNTIME_OK);
    for (int i = 0; i < N; i++) {
        char value[64];
        snprintf(value, sizeof value, "value=\"value-of-%d\"", i);
        ck_assert_uint_eq(str_trim(batch_answer(batch, 2 * (size_t)i)).n, 0);
        ck_assert_uint_ne(str_search(batch_answer(batch, 2 * (size_t)i + 1), str_c(value)), SIZE_MAX);
    }
    batch_destroy(batch);
    stage_close(&stage);
}
END_TEST

START_TEST(the_longest_command_arrives_whole)
{
    struct stage stage;
    stage_open(&stage, "");
    struct batch *batch = batch_create(&stage.runtime);
    struct buf command = { 0 }, answer = { 0 };
    buf_printf(&command, "add map %s long ", stage.map_path);
    while (command.n < RUNTIME_COMMAND_MAX - 2)
        buf_putc(&command, 'v');
    buf_putc(&command, 'e');
    batch_add(batch, buf_str(&command));
    ck_assert_int_eq(batch_run(batch), RUNTIME_OK);
    ck_assert_uint_eq(str_trim(batch_answer(batch, 0)).n, 0);
    batch_destroy(batch);

    buf_reset(&command);
    buf_printf(&command, "add map %s <<\nlonger ", stage.map_path);
    while (command.n < RUNTIME_COMMAND_MAX - 3)
        buf_putc(&command, 'w');
    buf_puts(&command, "e\n\n");
    ck_assert_uint_eq(command.n, RUNTIME_COMMAND_MAX);
    ck_assert_int_eq(runtime_call(&stage.runtime, buf_str(&command), &answer), RUNTIME_OK);
    ck_assert_uint_eq(str_trim(buf_str(&answer)).n, 0);
    char ask[128];
    snprintf(ask, sizeof ask, "show map %s", stage.map_path);
    const char *map = stage_ask(&stage, ask, &answer);
    ck_assert_ptr_nonnull(strstr(map, "ve\n"));
    ck_assert_ptr_nonnull(strstr(map, "we\n"));
    buf_fini(&command);
    buf_fini(&answer);
    stage_close(&stage);
}
END_TEST

int main(void)
{
    const struct test_row rows[] = {
        { a_bad_server_is_no_harm, ROWS(manners) },
        { a_missing_socket_is_unreachable, 0 },
        { a_full_backlog_is_waited_for_and_no_longer_than_told, 0 },
        { a_command_that_is_too_long_is_not_sent, 0 },
        { haproxy_tells_its_version_and_process, 0 },
        { answers_of_a_batch_stay_apart, 0 },
        { a_long_batch_keeps_its_order, 0 },
        { the_longest_command_arrives_whole, 0 },
        { NULL, 0 },
    };
    return run_suite("runtime", rows);
}
