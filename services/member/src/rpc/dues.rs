//! Dues.

pub mod get_dues_sheet;
pub mod import_dues_sheets;
pub mod quote_dues;
