//! What each RPC of organization promises, on SQLite and on Postgres.

mod assign_roles;
mod change;
mod collect;
mod found_root;
mod get_organization;
mod history;
mod import_guarantees;
mod import_organizations;
mod import_posts;
mod import_units;
mod list_organizations;
mod list_posts;
mod org_change;
mod org_change_at_once;
mod org_change_refused;
mod resolve_caller;
mod resolve_external_ids;
mod revoke_role;
mod screen;
mod world;
