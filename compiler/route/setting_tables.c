#include "route/scalar.h"
#include "route/setting_rows.h"

const struct setting_place setting_places[] = {
    { STR(""), &setting_own },
    { STR("entrypoints.*"), &setting_entry_point },
    { STR("providers"), &setting_providers },
    { STR(""), &setting_core },
    { STR("certificatesresolvers.*"), &setting_resolver },
    { STR("accesslog"), &setting_logs },
    { STR("accesslog.otlp"), &setting_otlp },
    { STR("log.otlp"), &setting_otlp },
    { STR("metrics"), &setting_metrics },
    { STR("metrics.otlp"), &setting_otlp },
    { STR("tracing"), &setting_tracing },
    { STR("tracing.otlp"), &setting_otlp },
    { STR(""), &setting_other },
};
const size_t n_setting_places = sizeof setting_places / sizeof *setting_places;

static const struct {
    const char *name, *expected;
} types[] = {
    [SETTING_TEXT] = { "text", "a text" },
    [SETTING_SECRET] = { "secret", "a text" },
    [SETTING_BOOL] = { "true or false", EXPECTED_BOOL },
    [SETTING_INT] = { "integer", EXPECTED_INT },
    [SETTING_COUNT] = { "integer", "a whole number from 0 to 2147483647" },
    [SETTING_FLOAT] = { "number", EXPECTED_FLOAT },
    [SETTING_DURATION] = { "duration", EXPECTED_DURATION },
    [SETTING_LIST] = { "list", "texts, parted by commas" },
    [SETTING_IPS] = { "list", "addresses and networks, such as 10.0.0.0/8, ::1" },
    [SETTING_FLOATS] = { "list", "numbers, parted by commas" },
    [SETTING_LEVEL] = { "level", "TRACE, DEBUG, INFO, WARN, ERROR, FATAL or PANIC" },
    [SETTING_FORMAT] = { "text", "common or json" },
    [SETTING_CLOSED] = { "text", "open or closed" },
    [SETTING_SWITCH] = { "switch", "true, or nothing" },
    [SETTING_GROUP] = { "group", "a setting below it" },
    [SETTING_MAP] = { "texts by name", "a setting below it" },
    [SETTING_ANY] = { "anything", "" },
};

const char *setting_type_name(enum setting_type type)
{
    return types[type].name;
}

const char *setting_expected(enum setting_type type)
{
    return types[type].expected;
}
