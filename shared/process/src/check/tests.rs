//! What the check promises.

use kernel::Calendar;

use super::{SHIPPED_WALKS, run};
use crate::definition::SHIPPED;

#[test]
fn the_81_worked_cases_agree_to_the_day_and_to_the_reason_code() {
    let report = run(None, None, Calendar::official());
    assert!(
        report.differences.is_empty() && report.broken.is_empty(),
        "{report}"
    );
    assert_eq!((report.walks, report.events), (81, 661));
}
