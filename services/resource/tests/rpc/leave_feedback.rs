//! LeaveFeedback.

use proto::resource::v1::{
    GetResourceRequest, LeaveFeedbackRequest, resource_service_server::ResourceService,
};
use testkit::{
    database::Database,
    stage::{new_id, reason},
};
use tonic::Status;

use crate::{keep_booking::keep, stage::Libraries};

async fn leave(here: &Libraries, booking_id: &str, grade: u32) -> Result<(), Status> {
    let request = LeaveFeedbackRequest {
        booking_id: booking_id.into(),
        grade,
        words: "很好".into(),
        request_id: new_id(),
    };
    here.rpc.leave_feedback(here.clerk.asks(request)).await.map(drop)
}

testkit::on_both! {
    async fn a_grade_counts_once_for_each_offering_of_a_booking_that_was_kept(database: Database) {
        let here = Libraries::open(&database).await;
        let (trainer, course) = (here.trainer().await, here.trainer().await);
        for (nth, grade) in [(0, 4), (1, 5)] {
            let (from, to) = (24 + nth * 10, 26 + nth * 10);
            let lines = vec![here.line(trainer, from, to, 1), here.line(course, from, to, 1)];
            let held = here.hold(lines).await.expect("answered");
            let confirmed = here.confirm(&held).await.expect("answered");
            assert_eq!(reason(&leave(&here, &held.id, grade).await.expect_err("refused")), "NOT_KEPT");
            here.wait_until(to);
            keep(&here, &here.clerk, &confirmed).await.expect("answered");
            leave(&here, &held.id, grade).await.expect("answered");
            assert_eq!(reason(&leave(&here, &held.id, grade).await.expect_err("refused")), "FEEDBACK_GIVEN");
        }
        for id in [trainer, course] {
            let request = GetResourceRequest { organization_id: here.branch.to_string(), resource_id: id.to_string() };
            let read = here.rpc.get_resource(here.clerk.asks(request)).await.expect("answered").into_inner().resource.expect("answered");
            assert_eq!((read.feedback_hundredths, read.version), (450, 4));
        }
    }

    async fn a_grade_outside_one_to_five_and_a_booking_of_others_are_refused(database: Database) {
        let here = Libraries::open(&database).await;
        let trainer = here.trainer().await;
        let of_other = here.hold_for_other(vec![here.line(trainer, 24, 27, 1)]).await.expect("answered");
        for grade in [0, 6] {
            assert_eq!(reason(&leave(&here, &of_other.id, grade).await.expect_err("refused")), "FIELDS_INVALID");
        }
        assert_eq!(reason(&leave(&here, &of_other.id, 5).await.expect_err("refused")), "NOT_FOUND");
    }
}
