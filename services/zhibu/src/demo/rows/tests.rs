use std::collections::{BTreeMap, BTreeSet};

use prost_reflect::ReflectMessage;
use proto::kernel::v1::RowError;

use super::*;
use crate::county::{Options, divisions::Divisions};

const CITY: &[u8] = include_bytes!("../../county/tests/city.csv");

fn county() -> County {
    let reading = Divisions::read(CITY).expect("a city");
    County::generate(&reading.divisions, 1, Options::default()).expect("a county")
}

fn loaded(county: &County) -> Known {
    let ids = Ids::new(&county.code, 1);
    let mut known = Known::new(county, &ids);
    let fill = |kind: &str, list: &mut Vec<String>| {
        for (at, id) in list.iter_mut().enumerate().filter(|(_, id)| id.is_empty()) {
            *id = ids.of(kind, at);
        }
    };
    fill("organization", &mut known.organizations);
    fill("group", &mut known.groups);
    fill("person", &mut known.persons);
    fill("resource", &mut known.resources);
    known
}

fn stages(county: &County) -> Vec<(Option<Day>, Day, bool)> {
    let first = Day::from_ymd_opt(county.year, 1, 1).expect("day");
    let ends = (0..12).map(|month| kernel::day::month_end(kernel::day::add_months(first, month)));
    let days: Vec<Day> = std::iter::once(first)
        .chain(ends)
        .chain([county.freeze_day()])
        .collect();
    let sent = std::iter::once(None).chain(days.iter().copied().map(Some));
    sent.zip(days.clone())
        .map(|(sent, today)| (sent, today, today == county.freeze_day()))
        .collect()
}

fn in_each_stage(county: &County, mut look: impl FnMut(&Sight<'_>)) {
    let known = loaded(county);
    for (sent, today, last) in stages(county) {
        look(&Sight {
            county,
            known: &known,
            sent,
            today,
            last,
        });
    }
}

fn wrong<R: ReflectMessage>(rows: &[(usize, R)]) -> Vec<RowError> {
    rows.iter()
        .flat_map(|(at, row)| wire::rows::check(line(*at), row))
        .collect()
}

#[test]
fn every_row_of_the_year_satisfies_the_field_rules() {
    let county = county();
    in_each_stage(&county, |sight| {
        let organizations: Vec<_> = organizations::organizations(sight)
            .into_iter()
            .enumerate()
            .collect();
        let roles: Vec<_> = organizations::roles(sight).into_iter().enumerate().collect();
        let mut errors = wrong(&organizations);
        errors.extend(wrong(&roles));
        errors.extend(wrong(&organizations::units(sight)));
        errors.extend(wrong(&organizations::posts(sight)));
        errors.extend(wrong(&members::members(sight)));
        errors.extend(wrong(&members::dues(sight)));
        errors.extend(wrong(&members::hours(sight)));
        errors.extend(wrong(&members::development(sight)));
        errors.extend(wrong(&life::meetings(sight)));
        errors.extend(wrong(&life::records(sight)));
        errors.extend(wrong(&life::findings(sight)));
        errors.extend(wrong(&support::guarantees(sight)));
        errors.extend(wrong(&library::resources(sight)));
        assert!(errors.is_empty(), "{}: {errors:?}", sight.today);
    });
}

#[test]
fn nothing_is_left_out_and_what_is_complete_is_sent_once() {
    let county = county();
    let mut seen: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    in_each_stage(&county, |sight| {
        let mut see = |kind, id: &Option<ExternalId>| {
            seen.entry(kind)
                .or_default()
                .push(id.as_ref().map(|id| id.value.clone()).unwrap_or_default());
        };
        organizations::organizations(sight)
            .iter()
            .for_each(|row| see("organization", &row.external_id));
        members::members(sight)
            .iter()
            .for_each(|(_, row)| see("member", &row.external_id));
        members::development(sight)
            .iter()
            .for_each(|(_, row)| see("step", &row.external_id));
        life::meetings(sight)
            .iter()
            .for_each(|(_, row)| see("meeting", &row.external_id));
        life::records(sight)
            .iter()
            .for_each(|(_, row)| see("record", &row.external_id));
        support::guarantees(sight)
            .iter()
            .for_each(|(_, row)| see("guarantee", &row.external_id));
    });
    let once = |kind| {
        let all: &Vec<String> = &seen[kind];
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len(), "{kind} sent twice");
        all.len()
    };
    assert_eq!(once("meeting"), county.meetings.len());
    assert_eq!(
        once("organization"),
        county.organizations.len() - 1 + county.groups.len(),
        "all but the root"
    );
    let steps: usize = county.development_cases.iter().map(|case| case.steps.len()).sum();
    assert_eq!(once("step"), steps);
    let branch_sessions = county
        .training_sessions
        .iter()
        .filter(|s| s.kind == crate::county::hours::TrainingKind::Branch);
    let records = county.reviews.len() + county.resolutions.len() + county.tasks.len() + county.goals.len();
    assert_eq!(
        once("record"),
        records + county.tickets.len() + branch_sessions.count()
    );
    let guarantees = county.terms.len() + county.sites.len() + county.fund_lines.len();
    let more = county.fund_movements.len() + county.governance_slots.len();
    assert_eq!(once("guarantee"), guarantees + more);
    let members: BTreeSet<&String> = seen["member"].iter().collect();
    assert_eq!(members.len(), county.memberships.len());
}

#[test]
fn no_row_tells_of_a_day_that_has_not_come() {
    let county = county();
    in_each_stage(&county, |sight| {
        let future = |day: &str| !day.is_empty() && day.parse::<Day>().expect("day") > sight.today;
        for (_, row) in life::meetings(sight) {
            let content = row.content.expect("content");
            assert!(
                !future(&content.held_on) && !future(&content.completed_on),
                "{content:?}"
            );
        }
        for (_, row) in members::members(sight) {
            assert!(!future(&row.branch_since) && !future(&row.full_on), "{row:?}");
        }
        for (_, row) in members::dues(sight) {
            assert!(row.lines.iter().all(|line| !future(&line.paid_on)));
        }
        for (_, row) in organizations::posts(sight) {
            assert!(!future(&row.from) && !future(&row.until), "{row:?}");
        }
    });
}

#[test]
fn parents_come_before_children_and_ids_before_those_who_need_them() {
    let county = county();
    let mut there = BTreeSet::from([county.organizations[0].external_id.clone()]);
    let mut persons = BTreeSet::new();
    let known = loaded(&county);
    for outsider in county.memberships.len()..county.persons.len() {
        persons.insert(known.persons[outsider].clone());
    }
    in_each_stage(&county, |sight| {
        for row in organizations::organizations(sight) {
            assert!(there.contains(&row.parent.expect("parent").value), "{}", row.name);
            there.insert(row.external_id.expect("id").value);
        }
        for (_, row) in members::members(sight) {
            persons.insert(known.persons[row.line as usize - 1].clone());
        }
        for (_, row) in organizations::posts(sight) {
            assert!(persons.contains(&row.person_id), "{row:?}");
        }
        for role in organizations::roles(sight) {
            assert!(persons.contains(&role.subject), "{role:?}");
        }
    });
}

#[test]
fn a_booking_is_a_whole_request() {
    let county = county();
    let known = loaded(&county);
    let ids = Ids::new(&county.code, 1);
    for (at, booking) in county.bookings.iter().enumerate() {
        let request = library::hold(&known, booking, ids.of("hold", at));
        assert!(
            wire::validate(&request.transcode_to_dynamic()).is_empty(),
            "{request:?}"
        );
    }
    assert!(
        county.bookings.iter().any(|booking| booking.lines.len() == 4),
        "a bundle over all four libraries"
    );
}
