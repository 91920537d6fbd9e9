//! What every process of the suite runs on: settings, telemetry, the server, the request path, links to peers.
