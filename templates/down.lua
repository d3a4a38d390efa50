-- Servers that are down: a worker that starts shall not learn that from the requests of clients. The file is there while the daemon has a
-- worker started, with a backend and a server of it in each line; afterwards the daemon itself says who is up (agent/health).
core.register_init(function()
    local file = io.open(os.getenv("MAITRED_DOWN") or "")
    if not file then
        return
    end
    for line in file:lines() do
        local backend, name = line:match("^(%S+) (%S+)$")
        local servers = backend and core.backends[backend] and core.backends[backend].servers
        local server = servers and servers[name]
        if server then
            server:check_disable()
            server:check_force_down()
        end
    end
    file:close()
end)
