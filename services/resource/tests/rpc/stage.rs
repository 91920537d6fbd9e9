//! A county with a town, two branches, and libraries to book from.

use std::{sync::Arc, time::Duration};

use kernel::{
    Instant, OrganizationKind, Role,
    id::{OrganizationId, ResourceId},
};
use proto::{
    kernel::v1::ExternalId,
    resource::v1::{
        Booking, BookingLine, ConfirmBookingRequest, GetAvailabilityRequest, GetBookingRequest,
        HoldBookingRequest, ImportResourcesRequest, ResourceKind, ResourceRow,
        resource_service_server::ResourceService,
    },
};
use resource::{
    admission,
    app::{App, Settings},
    rpc::Rpc,
};
use testkit::{
    database::Database,
    stage::{Person, Stage, new_id, node},
};
use tonic::Status;
use wire::words::timestamp;

/// What a test stands on.
pub(crate) struct Libraries {
    pub(crate) rpc: Rpc,
    pub(crate) stage: Stage,
    pub(crate) county: OrganizationId,
    pub(crate) town: OrganizationId,
    /// In the town.
    pub(crate) branch: OrganizationId,
    /// Directly below the county.
    pub(crate) other: OrganizationId,
    /// Clerk of `branch`.
    pub(crate) clerk: Person,
    /// Clerk of `other`.
    pub(crate) other_clerk: Person,
    /// Keeper of the county's libraries.
    pub(crate) keeper: Person,
}

impl Libraries {
    pub(crate) async fn open(database: &Database) -> Self {
        let stage = Stage::open(database, resource::NAME, resource::migrations).await;
        let ids = [(); 4].map(|()| OrganizationId::new());
        let [county, town, branch, other] = ids;
        stage
            .learn([
                node(&[county], OrganizationKind::LocalCommittee),
                node(&[county, town], OrganizationKind::Committee),
                node(&[county, town, branch], OrganizationKind::Branch),
                node(&[county, other], OrganizationKind::Branch),
            ])
            .await;
        Self::on(stage, ids)
    }

    fn on(stage: Stage, [county, town, branch, other]: [OrganizationId; 4]) -> Self {
        let app = App {
            store: stage.store.clone(),
            clock: stage.clock.clone(),
            pages: stage.pages.clone(),
            scopes: stage.scopes().clone(),
            settings: Arc::new(Settings {
                hold_minutes: 30,
                timer_pause: Duration::from_secs(1),
            }),
        };
        Self {
            rpc: Rpc {
                desk: stage.desk.clone(),
                app,
            },
            stage,
            county,
            town,
            branch,
            other,
            clerk: Person::with(&[(Role::Clerk, branch)]),
            other_clerk: Person::with(&[(Role::Clerk, other)]),
            keeper: Person::with(&[(Role::Library, county)]),
        }
    }

    /// The same county as another replica of the service sees it.
    pub(crate) async fn replica(&self, database: &Database) -> Self {
        let stage = Stage::replica(database, resource::NAME, resource::migrations).await;
        let replica = Self::on(stage, [self.county, self.town, self.branch, self.other]);
        Self {
            clerk: self.clerk.clone(),
            other_clerk: self.other_clerk.clone(),
            keeper: self.keeper.clone(),
            ..replica
        }
    }

    /// An import of rows in the name of the county's keeper.
    pub(crate) fn import(&self, rows: Vec<ResourceRow>) -> ImportResourcesRequest {
        ImportResourcesRequest {
            organization_id: self.county.to_string(),
            import_id: new_id(),
            chunk: 0,
            rows,
            dry_run: false,
        }
    }

    /// A row of the county's libraries.
    pub(crate) fn row(&self, line: u32, kind: ResourceKind, title: &str, capacity: u32) -> ResourceRow {
        ResourceRow {
            line,
            external_id: Some(ExternalId {
                system: "test".into(),
                value: format!("{title}-{line}"),
            }),
            kind: kind.into(),
            title: title.into(),
            owner_id: self.county.to_string(),
            capacity,
            site_id: if kind == ResourceKind::Venue {
                new_id()
            } else {
                String::new()
            },
            subjects: vec!["党务实操".into()],
        }
    }

    /// Proposes an offering of an owner.
    pub(crate) async fn propose(&self, row: ResourceRow) -> ResourceId {
        let answer = self
            .rpc
            .import_resources(self.keeper.asks(self.import(vec![row])))
            .await
            .expect("imported");
        let answer = answer.into_inner();
        let result = answer.result.expect("a result");
        assert_eq!(result.errors, [], "the row is taken");
        answer.resources[0].resource_id.parse().expect("an id")
    }

    /// Admits it, as the last step of the procedure does.
    pub(crate) async fn admit(&self, id: ResourceId) {
        let tx = self.rpc.app.store.work("test").await.expect("a unit of work");
        admission::on_step(&tx, id, "admitted").await.expect("admitted");
        tx.commit(()).await.expect("commit");
    }

    /// An admitted offering of the county.
    pub(crate) async fn offering(&self, kind: ResourceKind, capacity: u32) -> ResourceId {
        let id = self
            .propose(self.row(1, kind, &format!("示例{}", new_id()), capacity))
            .await;
        self.admit(id).await;
        id
    }

    pub(crate) async fn trainer(&self) -> ResourceId {
        self.offering(ResourceKind::Trainer, 1).await
    }

    pub(crate) fn request(&self, lines: Vec<BookingLine>) -> HoldBookingRequest {
        HoldBookingRequest {
            organization_id: self.branch.to_string(),
            lines,
            purpose: "主题党日".into(),
            request_id: new_id(),
        }
    }

    /// Holds for `branch`.
    pub(crate) async fn hold(&self, lines: Vec<BookingLine>) -> Result<Booking, Status> {
        let answer = self
            .rpc
            .hold_booking(self.clerk.asks(self.request(lines)))
            .await?;
        Ok(answer.into_inner().booking.expect("a booking"))
    }

    /// Holds for `other`.
    pub(crate) async fn hold_for_other(&self, lines: Vec<BookingLine>) -> Result<Booking, Status> {
        let request = HoldBookingRequest {
            organization_id: self.other.to_string(),
            ..self.request(lines)
        };
        let answer = self.rpc.hold_booking(self.other_clerk.asks(request)).await?;
        Ok(answer.into_inner().booking.expect("a booking"))
    }

    /// Confirms in the name of `branch`.
    pub(crate) async fn confirm(&self, booking: &Booking) -> Result<Booking, Status> {
        let request = ConfirmBookingRequest {
            booking_id: booking.id.clone(),
            etag: booking.etag.clone(),
            request_id: new_id(),
        };
        let answer = self.rpc.confirm_booking(self.clerk.asks(request)).await?;
        Ok(answer.into_inner().booking.expect("a booking"))
    }

    /// A booking as `branch` reads it.
    pub(crate) async fn booking(&self, id: &str) -> Result<Booking, Status> {
        let request = GetBookingRequest {
            booking_id: id.to_owned(),
        };
        let answer = self.rpc.get_booking(self.clerk.asks(request)).await?;
        Ok(answer.into_inner().booking.expect("a booking"))
    }

    /// What is free of an offering in the hours given, as `branch` reads it.
    pub(crate) async fn free(&self, resource: ResourceId, from: i64, to: i64) -> u32 {
        let request = GetAvailabilityRequest {
            organization_id: self.branch.to_string(),
            resource_ids: vec![resource.to_string()],
            start: Some(timestamp(self.hour(from))),
            end: Some(timestamp(self.hour(to))),
        };
        let answer = self
            .rpc
            .get_availability(self.clerk.asks(request))
            .await
            .expect("availability");
        answer.into_inner().resources[0].free
    }

    /// So many hours after the test began.
    pub(crate) fn hour(&self, n: i64) -> Instant {
        testkit::stage::beginning() + chrono::Duration::hours(n)
    }

    /// Lets the clock run until so many hours after the test began.
    pub(crate) fn wait_until(&self, hour: i64) {
        self.stage.clock.advance(self.hour(hour)).expect("forward");
    }

    /// A line from one hour to another.
    pub(crate) fn line(&self, resource: ResourceId, from: i64, to: i64, quantity: u32) -> BookingLine {
        BookingLine {
            resource_id: resource.to_string(),
            start: Some(timestamp(self.hour(from))),
            end: Some(timestamp(self.hour(to))),
            quantity,
        }
    }
}
