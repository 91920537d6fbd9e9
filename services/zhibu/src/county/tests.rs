//! What the generator promises, on the shipped county and on a small city.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Datelike;
use kernel::{Calendar, Domain, organization::Level};

use super::{
    County, Options, PersonIx,
    codes::{identity_check, uscc_check},
    defects::{self, DefectKind},
    divisions::{Divisions, SHIPPED},
    meetings::Duty,
    names::MARKS,
    people::Sex,
};

mod facts;
mod procedures;

/// Two counties of 铜川市, each cut down to a few villages and communities.
const CITY: &[u8] = include_bytes!("tests/city.csv");

fn made(file: &[u8], seed: u64) -> County {
    let divisions = Divisions::read(file).expect("a county file").divisions;
    County::generate(&divisions, seed, Options::default()).expect("a county")
}

fn shipped() -> County {
    made(SHIPPED, 2025)
}

#[test]
fn the_same_seed_makes_the_same_county_and_another_seed_another() {
    let first = shipped();
    assert!(first == shipped(), "field by field");
    assert_eq!(format!("{first:?}"), format!("{:?}", shipped()), "byte by byte");
    assert!(first != made(SHIPPED, 2026));
}

/// A file with some of the villages and communities of the shipped county, the header and all other rows kept.
fn cut(keep: impl Fn(usize) -> bool) -> String {
    let text = std::str::from_utf8(SHIPPED).expect("text");
    let mut nth = 0;
    let rows = text.lines().filter(|row| {
        let area = row.ends_with("village") || row.ends_with("community");
        nth += usize::from(area);
        !area || keep(nth)
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn whatever_is_cut_out_of_a_county_carries_exactly_the_defects_put_in() {
    for seed in 0..12 {
        for every in [2, 7, 40, 121] {
            let file = cut(|nth| nth % every == 0);
            let divisions = Divisions::read(file.as_bytes()).expect("a county").divisions;
            let made = County::generate(&divisions, seed, Options::default());
            let made = made.unwrap_or_else(|error| panic!("--seed {seed}, one of {every}: {error}"));
            assert!(!made.defects.is_empty());
        }
    }
}

#[test]
fn facts_that_do_not_carry_the_defects_put_in_are_refused_with_their_place_in_the_file() {
    let mut county = made(CITY, 1);
    assert_eq!(county.carries(&defects::detect(&county)), Ok(()));
    let lost = county.defects.pop().expect("a defect");
    let refused = county
        .carries(&defects::detect(&county))
        .expect_err("one more than put in");
    let place = &county.organizations[lost.branch];
    assert_eq!(
        (&refused.organization, refused.kinds.as_str()),
        (&place.name, lost.kind.code())
    );
    let lines = Divisions::read(CITY).expect("a city").lines;
    assert!(lines.contains_key(&refused.division_code), "{refused}");
}

#[test]
fn the_shipped_county_is_made_within_two_seconds_in_a_release_build() {
    let started = std::time::Instant::now();
    let county = shipped();
    let most = if cfg!(debug_assertions) { 20 } else { 2 };
    assert!(
        started.elapsed().as_secs() < most,
        "{:?} for {}",
        started.elapsed(),
        county.name
    );
}

#[test]
fn the_shipped_county_has_about_500_branches_in_all_nine_domains() {
    let county = shipped();
    let branches = county
        .branches()
        .filter(|(_, branch)| branch.kind.is_rated())
        .count();
    assert!((460..=540).contains(&branches), "{branches}");
    for domain in Domain::ALL {
        let many = county
            .branches()
            .filter(|(_, branch)| branch.domain == Some(domain))
            .count();
        assert!(many >= 18, "{many} branches in {}", domain.code());
    }
    let members = county.memberships.len();
    assert!(
        (10 * branches..=30 * branches).contains(&members),
        "{members} members"
    );
    assert!(
        county.meetings.len() >= 20_000,
        "{} meetings",
        county.meetings.len()
    );
    let over_60 = |person: PersonIx| county.year - county.persons[person as usize].born.year() > 60;
    let old = county
        .memberships
        .iter()
        .filter(|member| over_60(member.person))
        .count();
    assert!(
        (24..=32).contains(&(old * 100 / members)),
        "{old} of {members} over 60"
    );
}

#[test]
fn every_number_checks_and_shows_that_it_is_made_n_02_n_07() {
    let county = shipped();
    let mut seen = BTreeSet::new();
    for person in &county.persons {
        let number = &person.identity_number;
        assert_eq!(identity_check(&number[..17]), number.chars().last(), "{number}");
        assert_eq!((&number[..6], number.len()), ("610000", 18));
        assert_eq!(number[6..14], person.born.format("%Y%m%d").to_string());
        let male = number.as_bytes()[16] % 2 == 1;
        assert_eq!(male, person.sex == Sex::Male);
        assert!(MARKS.contains(&person.name.chars().nth(1).expect("three").to_string().as_str()));
        assert!(
            person
                .phone
                .as_ref()
                .is_none_or(|phone| phone.len() == 11 && phone.starts_with("160"))
        );
        assert!(seen.insert(number), "{number} twice");
    }
    let mut seen = BTreeSet::new();
    for unit in &county.units {
        assert_eq!(
            uscc_check(&unit.uscc[..17]),
            unit.uscc.chars().last(),
            "{}",
            unit.uscc
        );
        assert!(unit.uscc[8..].starts_with("DUMMY") && seen.insert(&unit.uscc));
    }
}

#[test]
fn parents_stand_before_their_children_and_are_older() {
    let county = made(CITY, 3);
    let roots = county
        .organizations
        .iter()
        .filter(|organization| organization.parent.is_none())
        .count();
    assert_eq!(roots, 1);
    for (at, organization) in county.organizations.iter().enumerate() {
        if let Some(parent) = organization.parent {
            assert!(parent < at && county.organizations[parent].founded <= organization.founded);
        }
        assert!(organization.units.len() <= 5, "R-104");
        assert_eq!(organization.is_branch(), organization.domain.is_some());
    }
    let names: BTreeSet<&str> = county.organizations.iter().map(|o| o.name.as_str()).collect();
    assert_eq!(names.len(), county.organizations.len(), "no two of the same name");
}

#[test]
fn the_facts_of_any_seed_carry_exactly_the_defects_put_in() {
    for seed in 0..4 {
        for file in [SHIPPED, CITY] {
            let county = made(file, seed);
            assert_eq!(defects::detect(&county), county.defects, "seed {seed}");
            let kinds: BTreeSet<DefectKind> = county.defects.iter().map(|defect| defect.kind).collect();
            assert_eq!(
                kinds.len(),
                DefectKind::ALL.len(),
                "seed {seed} puts in every kind"
            );
        }
    }
}

#[test]
fn a_defect_that_is_mended_is_no_longer_found() {
    let mut county = shipped();
    let of = |county: &County, kind| -> Vec<usize> {
        defects::detect(county)
            .into_iter()
            .filter(|d| d.kind == kind)
            .map(|d| d.branch)
            .collect()
    };
    let gone = of(&county, DefectKind::HollowUnit)[0];
    let unit = county.organizations[gone].units[0];
    county.units[unit].deregistered_on = None;
    assert!(!of(&county, DefectKind::HollowUnit).contains(&gone));
    let vacant = of(&county, DefectKind::HollowSecretary)[0];
    let post = county
        .posts
        .iter_mut()
        .find(|p| p.organization == vacant && p.until.is_some())
        .expect("a post");
    post.until = None;
    assert!(!of(&county, DefectKind::SecretaryVacant).contains(&vacant));
    let whole = county
        .branches()
        .map(|(at, _)| at)
        .find(|at| defects::detect(&county).iter().all(|d| d.branch != *at));
    let whole = whole.expect("most branches are in order");
    county
        .meetings
        .retain(|m| !(m.branch == whole && m.held_on.month() == 5 && m.duties.contains(&Duty::Theme)));
    assert!(of(&county, DefectKind::MeetingsMissed).contains(&whole));
}

#[test]
fn each_kept_indicator_has_records_and_a_spread_of_values() {
    let county = shipped();
    let all = facts::of(&county);
    let mut values: BTreeMap<&str, BTreeSet<(i64, i64)>> = BTreeMap::new();
    for facts in all.values() {
        for (indicator, fact) in facts {
            values.entry(indicator).or_default().extend(fact);
        }
    }
    assert_eq!(values.len(), 42);
    for (indicator, values) in values {
        assert!(values.len() >= 2, "{indicator} has {values:?}");
        assert!(values.iter().all(|(_, d)| *d >= 1), "{indicator}");
        assert!(
            values.iter().all(|(n, d)| *n >= 0 && (*d == 1 || n <= d)),
            "{indicator} {values:?}"
        );
    }
}

#[test]
fn every_meeting_is_held_while_its_branch_exists_and_recorded_in_time_for_screening_and_freeze() {
    let county = shipped();
    let mut last = county.meetings[0].held_on;
    for meeting in &county.meetings {
        assert!(meeting.held_on >= last, "in the order of days");
        last = meeting.held_on;
        assert!(meeting.held_on >= county.organizations[meeting.branch].founded);
        assert!(meeting.recorded_on >= meeting.held_on && meeting.recorded_on < county.freeze_day());
        assert!(meeting.held_on.year() > county.year || meeting.recorded_on <= county.screening_day());
        let duties: BTreeSet<&Duty> = meeting.duties.iter().collect();
        assert!(!duties.is_empty() && duties.len() == meeting.duties.len());
        for person in meeting.present.iter().chain(&meeting.on_leave) {
            let member = &county.memberships[*person as usize];
            assert!(member.branch == meeting.branch && member.belongs(meeting.held_on));
        }
        assert!(
            meeting
                .on_leave
                .iter()
                .all(|person| !meeting.present.contains(person))
        );
        assert!(
            meeting
                .lecturer
                .is_none_or(|person| meeting.present.contains(&person))
        );
        let few = meeting.present.len() * 3 <= usize::from(meeting.expected);
        assert!(
            meeting.counts != few || meeting.group.is_some(),
            "clearly enough or clearly too few: {meeting:?}"
        );
    }
    let joint = county
        .meetings
        .iter()
        .filter(|meeting| meeting.duties.len() > 1)
        .count();
    assert!(joint > 1000, "{joint} sessions fulfil several duties");
}

#[test]
fn only_full_members_are_graded_and_at_most_a_third_of_the_members_is_excellent_r_117() {
    let county = shipped();
    for review in &county.reviews {
        let on = county.meetings[review.meeting].held_on;
        let members = county.members(review.branch);
        let full = members.iter().filter(|member| member.is_full(on)).count();
        let all = members.iter().filter(|member| member.belongs(on)).count();
        assert!(review.grades[0] as usize * 3 <= all);
        assert!(review.eligible as usize <= full && review.grades.iter().sum::<u32>() <= review.eligible);
    }
}

#[test]
fn another_person_confirms_the_closing_of_a_finding_s_121() {
    let county = shipped();
    let mut closings = county.findings.iter().filter_map(|finding| finding.closed);
    assert!(closings.all(|closing| closing.by != closing.confirmed_by));
}

#[test]
fn every_rated_branch_is_heard_by_its_superior_before_the_freeze_s_309() {
    let county = shipped();
    let heard: BTreeSet<usize> = county
        .superior_debriefs
        .iter()
        .flat_map(|debrief| &debrief.debriefed)
        .map(|(branch, _)| *branch)
        .collect();
    let marked: BTreeSet<usize> = county.marks.iter().map(|marks| marks.branch).collect();
    assert_eq!(heard, marked);
    for debrief in &county.superior_debriefs {
        assert!(
            Calendar::official().is_working_day(debrief.held_on) && debrief.held_on < county.freeze_day()
        );
        assert!(
            debrief
                .debriefed
                .iter()
                .all(|(branch, _)| county.superior(*branch) == Some(debrief.committee))
        );
    }
}

#[test]
fn no_fund_line_is_ever_below_zero_s_402() {
    let county = shipped();
    let mut balances = vec![0; county.fund_lines.len()];
    for movement in &county.fund_movements {
        balances[movement.line] += movement.amount.0;
        assert!(balances[movement.line] >= 0 && movement.on.year() == county.year);
    }
}

#[test]
fn no_post_has_two_holders_and_every_holder_is_a_full_member() {
    let county = shipped();
    for (at, organization) in county.organizations.iter().enumerate() {
        let posts = county.posts_of(at);
        for post in posts {
            let others = posts.iter().filter(|other| other.kind == post.kind);
            assert_eq!(
                others.filter(|other| other.held(post.from)).count(),
                1,
                "{}",
                organization.name
            );
            assert!(post.from >= organization.founded && post.until.is_none_or(|until| until >= post.from));
            if organization.is_branch() {
                let member = &county.memberships[post.person as usize];
                assert!(member.branch == at && member.is_full(post.from), "{post:?}");
            }
        }
    }
}

#[test]
fn a_city_has_one_committee_above_every_one_of_its_counties() {
    let county = made(CITY, 1);
    assert_eq!((county.code.as_str(), county.name.as_str()), ("6102", "铜川市"));
    let counties: Vec<usize> = (0..county.organizations.len())
        .filter(|at| county.organizations[*at].county == Some(*at))
        .collect();
    assert_eq!(counties.len(), 2);
    for at in counties {
        assert_eq!(county.organizations[at].level, Some(Level::County));
        let made = Domain::ALL
            .into_iter()
            .filter(|d| !matches!(d, Domain::Rural | Domain::Community));
        for domain in made {
            let here = |o: &&super::tree::Organization| o.county == Some(at) && o.domain == Some(domain);
            assert!(
                county.organizations.iter().filter(here).count() >= 2,
                "{}",
                domain.code()
            );
        }
        assert!(
            county
                .bookings
                .iter()
                .any(|b| county.organizations[b.branch].county == Some(at))
        );
    }
}
