//! GetDuesSheet: the sums and lines of a month, no income.

use proto::member::v1::{GetDuesSheetRequest, member_service_server::MemberService};
use testkit::database::Database;
use testkit::stage::reason;

use crate::{
    import_dues_sheets::{import, line, sheet},
    scene::{Scene, row},
};

fn asked(branch: kernel::id::OrganizationId, month: &str) -> GetDuesSheetRequest {
    GetDuesSheetRequest {
        branch_id: branch.to_string(),
        month: month.into(),
    }
}

testkit::on_both! {
    async fn the_sheet_shows_sums_and_no_base(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle((1..=3).map(|n| row(n, scene.home)).collect()).await;
        let mut relieved = line(&ids[2], "");
        relieved.relieved = true;
        let lines = vec![line(&ids[0], "2025-05-20"), line(&ids[1], ""), relieved];
        import(&scene, vec![sheet(1, scene.home, "2025-05-01", lines)], false).await;
        let shown = scene.rpc.get_dues_sheet(scene.clerk.asks(asked(scene.home, "2025-05-01"))).await.expect("shown");
        let shown = shown.into_inner();
        assert_eq!((shown.due_fen, shown.paid_fen, shown.tier_version.as_str()), (6_000, 3_000, "2008"));
        assert_eq!(shown.lines.len(), 3);
        assert!(shown.lines.iter().all(|line| line.base_fen == 0));
    }

    async fn another_branch_and_another_month_are_absent(database: Database) {
        let scene = Scene::open(&database).await;
        let ids = scene.settle(vec![row(1, scene.home)]).await;
        import(&scene, vec![sheet(1, scene.home, "2025-05-01", vec![line(&ids[0], "")])], false).await;
        let foreign = scene.rpc.get_dues_sheet(scene.neighbour.asks(asked(scene.home, "2025-05-01"))).await;
        assert_eq!(reason(&foreign.expect_err("hidden")), "NOT_FOUND");
        let other = scene.rpc.get_dues_sheet(scene.clerk.asks(asked(scene.home, "2025-04-01"))).await;
        assert_eq!(reason(&other.expect_err("absent")), "NOT_FOUND");
    }
}
