//! The promises of member's RPCs, each on SQLite and on Postgres.

mod collect;
mod count_members;
mod development_rules;
mod feed;
mod find_member;
mod get_dues_sheet;
mod get_member;
mod get_rolls;
mod import_development_steps;
mod import_dues_sheets;
mod import_members;
mod import_training_hours;
mod list_members;
mod newcomers;
mod quote_dues;
mod reveal_member;
mod scene;
mod transfer_member;
