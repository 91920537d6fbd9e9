//! The four libraries: offerings are taken over, admitted by the procedure, and booked through the year.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt, stream};
use kernel::{Day, Level, Role};
use proto::{
    audit::v1::{ListEntriesRequest, audit_service_client::AuditServiceClient as Audit},
    process::v1::{Case, OpenCaseRequest},
    resource::v1::{
        Booking, BookingState, CancelBookingRequest, ConfirmBookingRequest, KeepBookingRequest,
        ListBookingsRequest, resource_service_client::ResourceServiceClient as Library,
    },
};

use super::{
    cases::{Cases, Step},
    door::answer_limit,
    error::{DemoError, reason},
    imports::Import,
    journey::Journey,
    rows::library::{self, at_hour, card, evidence},
};
use crate::county::library::{Outcome, ResourceKind};

/// Cases that go forward at the same time.
pub const TOGETHER: usize = 6;
const PAGE: i32 = 1000;
/// The contract's limit of a page of the audit trail.
const MOST_ENTRIES: i32 = 500;
/// The procedure by which an offering comes into a library.
const ADMISSION: &str = "resource_admission";
/// What a booking is refused for; anything else that is refused may go through when it is sent again.
const REFUSALS: [&str; 8] = [
    "RESOURCE_TAKEN",
    "STOCK_EXHAUSTED",
    "SEATS_EXHAUSTED",
    "RESOURCE_RETIRED",
    "RESOURCE_NOT_ADMITTED",
    "OUTSIDE_SERVICE_AREA",
    "START_IN_PAST",
    "START_TOO_FAR",
];

impl Journey {
    fn resource_cases(&self) -> Cases<'_> {
        Cases {
            service: "resource",
            door: &self.door,
            ids: &self.ids,
        }
    }

    /// Takes over the offerings and takes each through its admission: trainers and courses are tried and made
    /// public, venues and materials are reviewed (S-209).
    pub async fn admit_resources(&mut self) -> Result<(), DemoError> {
        let second = Day::from_ymd_opt(self.county.year, 1, 2).unwrap_or_default();
        self.to(second, 9).await?;
        self.take_over(second).await?;
        self.clock.settle().await?;
        let calendar = kernel::Calendar::official();
        let after = calendar.add_working_days(second, 6, false).day;
        if self.reached > at_hour(after, 9) {
            return Ok(());
        }
        self.news.more(2 * self.county.resources.len());
        let all = self.county.resources.len();
        let known = &self.known_admissions().await?;
        let first = stream::iter((0..all).map(|at| {
            let case = known.get(&self.known.resources[at]).cloned();
            self.review(at, case, second)
        }));
        let reviewed: Vec<_> = first.buffered(TOGETHER).try_collect().await?;
        self.to(after, 9).await?;
        let admitting = reviewed
            .into_iter()
            .enumerate()
            .map(|(at, case)| self.admit(at, case, after));
        stream::iter(admitting).buffered(TOGETHER).try_collect().await
    }

    /// The admissions that a run before this one opened, by offering.
    async fn known_admissions(&self) -> Result<BTreeMap<String, Case>, DemoError> {
        let (reader, root) = (self.reader()?, self.known.organization(0));
        let cases = self.resource_cases();
        let all = cases.standing(&reader, &root, ADMISSION, "").await?;
        Ok(all
            .into_iter()
            .map(|case| (case.subject_id.clone(), case))
            .collect())
    }

    async fn take_over(&mut self, today: Day) -> Result<(), DemoError> {
        let rows = library::resources(&self.sight(0));
        let mut ids = Vec::new();
        for (place, rows) in self.by_place(rows) {
            let import = Import {
                who: self.actors().holder(Role::Library, place, 0, today)?,
                organization_id: self.known.organization(place),
                import_id: self.ids.of("import resources", place),
            };
            let answers = import.send(&self.door, &self.news, rows).await?;
            ids.extend(answers.into_iter().flat_map(|answer| answer.resources));
        }
        for one in ids {
            let at = (one.line as usize).saturating_sub(1);
            let place = self.known.resources.get_mut(at);
            *place.ok_or_else(|| DemoError::answer("导入四库：答复中有未知的行"))? = one.resource_id;
        }
        Ok(())
    }

    /// Who keeps the library of an offering, and the nearest organization with a department above it.
    fn keepers(&self, at: usize) -> Result<(usize, usize), DemoError> {
        let owner = self.county.resources[at].owner;
        let actors = self.actors();
        let above = actors
            .local_above(owner, Level::County)
            .or(actors.local_above(owner, Level::City));
        Ok((
            owner,
            above.ok_or_else(|| DemoError::answer("资源的所属组织之上没有党委"))?,
        ))
    }

    /// From the card to the review, and for trainers and courses to the publicity; a case that is known goes on from
    /// where it stands.
    async fn review(&self, at: usize, known: Option<Case>, on: Day) -> Result<Case, DemoError> {
        let (resource, cases, actors) = (&self.county.resources[at], self.resource_cases(), self.actors());
        let (owner, above) = self.keepers(at)?;
        let opened = OpenCaseRequest {
            procedure: ADMISSION.into(),
            variant: library::variant(&resource.kind).into(),
            subject_id: self.known.resources[at].clone(),
            organization_id: self.known.organization(owner),
            ..OpenCaseRequest::default()
        };
        let keeper = actors.holder(Role::Library, owner, 0, on)?;
        let submit = Step::new("submit", keeper, card(&self.county, &self.known, resource));
        let mut case = match known {
            Some(case) => case,
            None => cases.open(submit, opened, on).await?,
        };
        let reviewer = actors.holder(Role::Library, above, 1, on)?;
        if case.state == "submitted" {
            let opinion = vec![evidence("quality_review", "内容准确，政治关与质量关审核通过")];
            let review = Step::new("review", reviewer.clone(), opinion);
            case = cases.take(&case, review, on).await?;
        }
        let public = matches!(
            resource.kind,
            ResourceKind::Trainer { .. } | ResourceKind::Course { .. }
        );
        if public && case.state == "reviewed" {
            let judge = actors.holder(Role::OrgDept, above, 1, on)?;
            let trial = vec![evidence("trial_record", "试讲一次，听课人员评价良好")];
            case = cases.take(&case, Step::new("trial", judge, trial), on).await?;
        }
        if public && case.state == "trialled" {
            let notice = vec![evidence(
                "publicity_notice",
                format!("关于{}入库的公示", resource.title),
            )];
            case = cases
                .take(&case, Step::new("publish", reviewer, notice), on)
                .await?;
        }
        self.news.done(1);
        Ok(case)
    }

    async fn admit(&self, at: usize, case: Case, on: Day) -> Result<(), DemoError> {
        if !["reviewed", "public"].contains(&case.state.as_str()) {
            self.news.done(1);
            return Ok(());
        }
        let (_, above) = self.keepers(at)?;
        let public = matches!(
            self.county.resources[at].kind,
            ResourceKind::Trainer { .. } | ResourceKind::Course { .. }
        );
        let who = self.actors().holder(Role::OrgDept, above, 0, on)?;
        let batch = vec![evidence(
            "admission_batch",
            format!("{}年第1批", self.county.year),
        )];
        let step = Step::new(if public { "admit_public" } else { "admit" }, who, batch);
        self.resource_cases().take(&case, step, on).await?;
        self.news.done(1);
        Ok(())
    }

    fn booker(&self, booking: usize, today: Day) -> Result<String, DemoError> {
        let branch = self.county.bookings[booking].branch;
        self.actors().holder(Role::Clerk, branch, 0, today)
    }

    /// Holds a booking and confirms it; one is refused, since an earlier one has the resource.
    pub async fn hold(&mut self, at: usize, today: Day) -> Result<(), DemoError> {
        let booking = &self.county.bookings[at];
        let refused = booking.outcome == Outcome::Refused;
        let who = self.booker(at, today)?;
        if refused && self.tally.refused.contains(&who) {
            return Ok(());
        }
        if let Some(made) = self.tally.bookings.get(&at).cloned() {
            return match made.state() {
                BookingState::Held => self.confirm(at, &who, &made).await,
                _ => Ok(()),
            };
        }
        let request = library::hold(&self.known, booking, self.ids.of("hold", at));
        let call = |channel, request| async move { Library::new(channel).hold_booking(request).await };
        let held = match self.door.ask(&who, request, call).await {
            Err(status) if refused && REFUSALS.contains(&reason(&status).as_str()) => return Ok(()),
            Err(status) => return Err(DemoError::refused("预约资源", &status)),
            Ok(_) if refused => return Err(DemoError::answer("应被拒绝的预约没有被拒绝")),
            Ok(answer) => answer.booking.unwrap_or_default(),
        };
        self.confirm(at, &who, &held).await
    }

    async fn confirm(&mut self, at: usize, who: &str, held: &Booking) -> Result<(), DemoError> {
        let request = ConfirmBookingRequest {
            booking_id: held.id.clone(),
            etag: held.etag.clone(),
            request_id: self.ids.of("confirm", at),
        };
        let call = |channel, request| async move { Library::new(channel).confirm_booking(request).await };
        let answer = self.door.ask(who, request, call).await;
        let booking = answer
            .map_err(|status| DemoError::refused("确认预约", &status))?
            .booking
            .unwrap_or_default();
        self.tally.bookings.insert(at, booking);
        Ok(())
    }

    /// Learns the bookings that a run before this one made.
    pub async fn recall_bookings(&mut self) -> Result<(), DemoError> {
        for one in self.booked(&self.reader()?).await? {
            let same = |(at, booking): &(usize, &crate::county::library::Booking)| {
                let asked = library::hold(&self.known, booking, String::new());
                !self.tally.bookings.contains_key(at)
                    && booking.outcome != Outcome::Refused
                    && asked.organization_id == one.organization_id
                    && library::same_lines(&asked.lines, &one.lines)
            };
            let found = self.county.bookings.iter().enumerate().find(same);
            if let Some((at, _)) = found {
                self.tally.bookings.insert(at, one);
            }
        }
        self.tally.refused = self.refused().await?;
        Ok(())
    }

    /// Who was refused a booking, once for each time, as the audit trail of the libraries has it (N-20).
    pub async fn refused(&self) -> Result<Vec<String>, DemoError> {
        let today = kernel::day::day_of(self.clock.now());
        let mut refused = BTreeMap::new();
        for county in self.actors().counties() {
            // Where it is one from above, he sees the others' too.
            let auditor = self.still_holding(Role::Auditor, county, today).await?;
            refused.extend(self.refused_below(&auditor).await?);
        }
        Ok(refused.into_values().collect())
    }

    /// By their number in the trail.
    async fn refused_below(&self, auditor: &str) -> Result<Vec<(u64, String)>, DemoError> {
        let mut request = ListEntriesRequest {
            page_size: MOST_ENTRIES,
            page_token: String::new(),
        };
        let mut refused = Vec::new();
        loop {
            let call = |channel, request| async move { Audit::new(channel).list_entries(request).await };
            let answer = self.door.ask_of("resource", auditor, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("查看资源库审计记录", &status))?;
            let said_no = answer.entries.into_iter().filter(|one| {
                one.method.ends_with("/HoldBooking") && REFUSALS.contains(&one.result.as_str())
            });
            refused.extend(said_no.map(|one| (one.number, one.subject)));
            if answer.next_page_token.is_empty() {
                return Ok(refused);
            }
            request.page_token = answer.next_page_token;
        }
    }

    /// All bookings, whatever became of them.
    pub async fn booked(&self, reader: &str) -> Result<Vec<Booking>, DemoError> {
        let mut request = ListBookingsRequest {
            organization_id: self.known.organization(0),
            page_size: PAGE,
            ..ListBookingsRequest::default()
        };
        let mut all = Vec::new();
        loop {
            let call = |channel, request| async move {
                Library::new(channel)
                    .max_decoding_message_size(answer_limit())
                    .list_bookings(request)
                    .await
            };
            let answer = self.door.ask(reader, request.clone(), call).await;
            let answer = answer.map_err(|status| DemoError::refused("列出预约", &status))?;
            all.extend(answer.bookings);
            if answer.next_page_token.is_empty() {
                return Ok(all);
            }
            request.page_token = answer.next_page_token;
        }
    }

    fn confirmed(&self, at: usize) -> Result<&Booking, DemoError> {
        self.tally
            .bookings
            .get(&at)
            .ok_or_else(|| DemoError::answer("预约尚未确认"))
    }

    /// Gives a booking back in time.
    pub async fn cancel(&mut self, at: usize, today: Day) -> Result<(), DemoError> {
        let booking = self.confirmed(at)?;
        if booking.state() == BookingState::Cancelled {
            return Ok(());
        }
        let request = CancelBookingRequest {
            booking_id: booking.id.clone(),
            etag: booking.etag.clone(),
            request_id: self.ids.of("cancel", at),
        };
        let call = |channel, request| async move { Library::new(channel).cancel_booking(request).await };
        let answer = self.door.ask(&self.booker(at, today)?, request, call).await;
        answer
            .map(|_| ())
            .map_err(|status| DemoError::refused("取消预约", &status))
    }

    /// Records that a booking was kept.
    pub async fn keep(&mut self, at: usize, today: Day) -> Result<(), DemoError> {
        let booking = self.confirmed(at)?;
        if booking.state() == BookingState::Kept {
            return Ok(());
        }
        let request = KeepBookingRequest {
            booking_id: booking.id.clone(),
            etag: booking.etag.clone(),
            request_id: self.ids.of("keep", at),
        };
        let call = |channel, request| async move { Library::new(channel).keep_booking(request).await };
        let answer = self.door.ask(&self.booker(at, today)?, request, call).await;
        answer
            .map(|_| ())
            .map_err(|status| DemoError::refused("登记如约使用", &status))
    }
}
