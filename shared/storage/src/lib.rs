//! Postgres or SQLite by URL: units of work, replay, outbox and feed, organization scope, audit chain.
