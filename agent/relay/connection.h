/* A connection from HAProxy: requests one after another, read by http_parser; each is an exchange. */
#pragma once

struct relay_worker;

/* Takes the next connection of the worker's listener. */
void relay_connection_accept(struct relay_worker *worker);

/* At the end of a turn of the loop: sends what came together, and goes on to the next requests. */
void relay_connections_flush(struct relay_worker *worker);

/* Ends all of them, and what is on its way. */
void relay_connections_close(struct relay_worker *worker);
