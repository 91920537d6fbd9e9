use chrono::Datelike;

use super::*;
use crate::county::{
    Options,
    divisions::{Divisions, SHIPPED},
};

fn shipped() -> County {
    let reading = Divisions::read(SHIPPED).expect("shipped");
    County::generate(&reading.divisions, 1, Options::default()).expect("a county")
}

fn when(script: &BTreeMap<Instant, Vec<Act>>, act: Act) -> Option<Instant> {
    script
        .iter()
        .find(|(_, acts)| acts.contains(&act))
        .map(|(at, _)| *at)
}

#[test]
fn the_year_is_played_in_its_order() {
    let county = shipped();
    let script = script(&county);
    for (at, booking) in county.bookings.iter().enumerate() {
        let held = when(&script, Act::Hold(at)).expect("every booking is tried");
        let start = crate::demo::rows::library::span(booking).0;
        assert!(held < start, "{}", booking.external_id);
        if let Some(kept) = when(&script, Act::Keep(at)) {
            assert!(kept > start, "kept after it began");
        }
        if let Some(cancelled) = when(&script, Act::Cancel(at)) {
            assert!(held < cancelled && cancelled < start, "given back in time");
        }
    }
    let screened = when(&script, Act::Screen).expect("screening");
    let loads: Vec<Instant> = (1..=12)
        .map(|stage| when(&script, Act::Load(stage)).expect("a load"))
        .collect();
    assert!(
        loads.is_sorted() && loads[11] < screened,
        "screening sees the whole year (S-105)"
    );
    assert_eq!(load_days(county.year)[LAST_LOAD], county.freeze_day());
    assert!(
        when(&script, Act::OpenCycle) < when(&script, Act::Load(12)),
        "the draw is committed before totals (X14)"
    );
}

#[test]
fn the_libraries_are_admitted_before_the_first_booking() {
    let county = shipped();
    let second = Day::from_ymd_opt(county.year, 1, 2).expect("day");
    let admitted = kernel::Calendar::official()
        .add_working_days(second, 6, false)
        .day;
    let first = county
        .bookings
        .iter()
        .map(|booking| booking.made_on)
        .min()
        .expect("bookings");
    assert!(admitted < first, "{admitted} {first} (S-209)");
}

#[test]
fn a_role_that_begins_within_the_year_is_given_on_its_first_day() {
    let county = shipped();
    let script = script(&county);
    let first = load_days(county.year)[0];
    let begun: Vec<Day> = county
        .grants
        .iter()
        .map(|grant| grant.from)
        .filter(|from| *from > first)
        .collect();
    assert!(begun.len() > 10, "secretaries leave and others act for them");
    for day in begun.into_iter().filter(|day| day.year() == county.year) {
        let acts = &script[&at_hour(day, 8)];
        assert!(acts.starts_with(&[Act::Give]), "{day}: before anything else");
    }
}

/// One person for each branch: whoever takes the step.
fn persons(county: &County, today: Day) -> Vec<BTreeMap<&'static str, String>> {
    let ids = Ids::new(&county.code, 1);
    let mut known = Known::new(county, &ids);
    for (at, person) in known.persons.iter_mut().enumerate() {
        *person = at.to_string();
    }
    let actors = Actors {
        county,
        known: &known,
    };
    let holder = |role, at, nth| actors.holder(role, at, nth, today).expect("somebody");
    let marked = county.marks.iter().map(|marks| marks.branch);
    marked
        .map(|branch| {
            let (superior, county) = (
                actors.superior(branch).expect("superior"),
                actors.county_of(branch).expect("county"),
            );
            BTreeMap::from([
                ("submit", holder(Role::Secretary, branch, 0)),
                ("debrief", holder(Role::Clerk, superior, 0)),
                ("resolve", holder(Role::Clerk, superior, 1)),
                ("decide", holder(Role::Secretary, superior, 0)),
                ("propose_five", holder(Role::Clerk, superior, 0)),
                ("site_check", holder(Role::Inspector, county, 0)),
                ("dept_opinion", holder(Role::Department, county, 0)),
                ("propose_naming", holder(Role::OrgDept, county, 0)),
                ("consent", holder(Role::Clerk, county, 1)),
                ("name_five", holder(Role::OrgDeptLead, county, 0)),
                ("name_local", holder(Role::OrgDept, county, 3)),
            ])
        })
        .collect()
}

#[test]
fn every_step_has_a_person_and_no_two_that_must_be_apart_are_one() {
    let county = shipped();
    let apart: [(&str, &[&str]); 7] = [
        ("resolve", &["submit", "debrief"]),
        ("decide", &["submit", "resolve"]),
        ("site_check", &["submit", "resolve", "propose_five"]),
        (
            "propose_naming",
            &["submit", "resolve", "propose_five", "site_check", "dept_opinion"],
        ),
        ("consent", &["propose_naming", "propose_five"]),
        ("name_five", &["propose_five", "propose_naming", "site_check"]),
        ("name_local", &["submit", "resolve"]),
    ];
    for persons in persons(&county, county.freeze_day()) {
        for (step, others) in apart {
            for other in others {
                assert_ne!(
                    persons[step], persons[*other],
                    "{step} and {other} (S-309, S-310)"
                );
            }
        }
    }
}
