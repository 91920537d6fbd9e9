//! One branch through its year: what it holds, what it leaves out, who comes.

use chrono::Datelike;
use kernel::{Calendar, Day, Period, day::add_days};

use super::{
    super::{
        PersonIx, day,
        dice::Dice,
        plan::{Fault, Plan},
    },
    Chronicle, Duty, Meeting,
};

/// One branch through its year.
pub(super) struct Branch<'c, 'a, 'p> {
    chronicle: &'c mut Chronicle<'a>,
    plan: &'p Plan,
    founded: Day,
    /// Day of the month on which the theme day falls (R-115: relatively fixed).
    theme_day: u32,
    lecture_on_theme_day: bool,
    assembly_on_theme_day: bool,
    missed: Missed,
    lectures: usize,
}

/// What the branch leaves out on purpose; months and quarters count from 0.
#[derive(Debug, Default)]
struct Missed {
    themes: [bool; 12],
    assemblies: [bool; 4],
    silent: [bool; 4],
}

impl Missed {
    fn of(plan: &Plan, dice: &mut Dice) -> Self {
        let mut missed = Self::default();
        if plan.has(Fault::Silent) {
            let first = 1 + dice.below(2);
            missed.silent[first] = true;
            missed.silent[first + 1] = true;
        }
        if plan.has(Fault::Missed) {
            let (low, high) = if plan.keep < 700 { (3, 6) } else { (1, 3) };
            for _ in 0..dice.between(low, high) {
                missed.themes[dice.below(12)] = true;
            }
            // The first and the third quarter keep their assembly: two silent quarters are another defect.
            missed.assemblies[1] = dice.chance(plan.fail());
            missed.assemblies[3] = dice.chance(plan.fail());
        }
        missed
    }
}

/// Who is expected at a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Circle {
    Branch,
    Committee,
    Group(usize),
}

impl<'c, 'a, 'p> Branch<'c, 'a, 'p> {
    pub(super) fn new(chronicle: &'c mut Chronicle<'a>, plan: &'p Plan) -> Self {
        let dice = &mut chronicle.dice;
        let missed = Missed::of(plan, dice);
        let theme_day = u32::try_from(dice.between(8, 25)).unwrap_or(15);
        let (lecture_on_theme_day, assembly_on_theme_day) = (dice.chance(500), dice.chance(350));
        let founded = chronicle.county.organizations[plan.branch].founded;
        Self {
            chronicle,
            plan,
            founded,
            theme_day,
            lecture_on_theme_day,
            assembly_on_theme_day,
            missed,
            lectures: 0,
        }
    }

    pub(super) fn hold(&mut self) {
        let months: Vec<Period> = Period::year(self.chronicle.year)
            .and_then(|year| year.clip(self.founded, None))
            .into_iter()
            .flat_map(Period::full_months)
            .collect();
        for month in months {
            self.month(month.first());
        }
        if self.founded <= day(self.chronicle.year, 9, 30) {
            self.year_end();
        }
    }

    fn month(&mut self, first: Day) {
        let month = first.month0() as usize;
        let silent = self.missed.silent[month / 3];
        let mut studied = !self.kept();
        if !silent {
            self.branch_meetings(first, month, &mut studied);
        }
        let has_committee = self.plan.full >= 7 && !self.plan.has(Fault::NoCommittee);
        if has_committee && self.kept() {
            let on = add_days(first, self.chronicle.dice.between(1, 6));
            let study = !std::mem::replace(&mut studied, true);
            self.meet(Circle::Committee, on, vec![Duty::Committee], study);
        }
        let groups = &self.chronicle.county.groups;
        let start = groups.partition_point(|group| group.branch < self.plan.branch);
        let many = groups[start..]
            .iter()
            .take_while(|group| group.branch == self.plan.branch)
            .count();
        for group in start..start + many {
            if self.kept() {
                let on = add_days(first, self.chronicle.dice.between(5, 26));
                self.meet(Circle::Group(group), on, vec![Duty::Group], false);
            }
        }
    }

    /// Theme day, lecture and assembly, together or on days of their own.
    fn branch_meetings(&mut self, first: Day, month: usize, studied: &mut bool) {
        let quarter = month / 3;
        let whole_quarter = self.founded
            <= day(
                self.chronicle.year,
                u32::try_from(quarter * 3 + 1).unwrap_or(1),
                1,
            );
        let mut lecture = month % 3 == 1 && self.kept();
        let mut assembly = month % 3 == 2 && whole_quarter && !self.missed.assemblies[quarter];
        let theme_day = add_days(first, i64::from(self.theme_day) - 1);
        if !self.missed.themes[month] {
            let mut duties = vec![Duty::Theme];
            if lecture && self.lecture_on_theme_day {
                duties.push(Duty::Lecture);
                lecture = false;
            }
            if assembly && self.assembly_on_theme_day {
                duties.push(Duty::Assembly);
                assembly = false;
            }
            let study = !std::mem::replace(studied, true);
            self.meet(Circle::Branch, theme_day, duties, study);
        } else if self.chronicle.dice.chance(400) {
            self.meet_too_few(theme_day, Duty::Theme);
        }
        if lecture {
            self.meet(Circle::Branch, add_days(theme_day, 2), vec![Duty::Lecture], false);
        }
        if assembly {
            self.meet(
                Circle::Branch,
                add_days(theme_day, 3),
                vec![Duty::Assembly],
                false,
            );
        } else if month % 3 == 2 && self.missed.assemblies[quarter] && self.chronicle.dice.chance(300) {
            self.meet_too_few(add_days(theme_day, 3), Duty::Assembly);
        }
    }

    /// Life meeting, democratic review and debrief, in the first days of the next year.
    fn year_end(&mut self) {
        let year = self.chronicle.year + 1;
        let on = day(year, 1, 5);
        let on = add_days(on, self.chronicle.dice.between(0, 3));
        let debriefs = self.kept()
            && self
                .chronicle
                .secretary(self.plan.branch, add_days(on, 2))
                .is_some();
        let (life, review) = (self.kept(), self.kept());
        let together = self.chronicle.dice.chance(500);
        let mut second = Vec::new();
        if review {
            second.push(Duty::Review);
        }
        if debriefs {
            second.push(Duty::Debrief);
        }
        if life {
            let mut duties = vec![Duty::Life];
            if together {
                duties.append(&mut second);
            }
            self.meet(Circle::Branch, on, duties, false);
        }
        if !second.is_empty() {
            self.meet(Circle::Branch, add_days(on, 2), second, false);
        }
    }

    fn kept(&mut self) -> bool {
        self.chronicle.dice.chance(self.plan.keep)
    }

    fn meet(&mut self, circle: Circle, on: Day, duties: Vec<Duty>, study: bool) {
        let lecturer = if duties.contains(&Duty::Lecture) {
            self.lecturer(on)
        } else {
            None
        };
        let expected = self.expected(circle, on);
        let (present, on_leave) = self.attendance(circle, on, &expected, lecturer);
        let group = if let Circle::Group(group) = circle {
            Some(group)
        } else {
            None
        };
        let recorded_on = self.recorded_on(on);
        self.chronicle.meetings.push(Meeting {
            branch: self.plan.branch,
            group,
            held_on: on,
            counts_for: self.chronicle.year,
            duties,
            study,
            expected: u16::try_from(expected.len()).unwrap_or(u16::MAX),
            present,
            on_leave,
            lecturer,
            counts: true,
            recorded_on,
        });
    }

    /// A meeting that fewer than a third attended: it took place, and counts for nothing.
    fn meet_too_few(&mut self, on: Day, duty: Duty) {
        let expected = self.expected(Circle::Branch, on);
        if expected.len() < 4 {
            return;
        }
        let present = expected.iter().take(expected.len() / 4).copied().collect();
        let recorded_on = self.recorded_on(on);
        self.chronicle.meetings.push(Meeting {
            branch: self.plan.branch,
            group: None,
            held_on: on,
            counts_for: self.chronicle.year,
            duties: vec![duty],
            study: false,
            expected: u16::try_from(expected.len()).unwrap_or(u16::MAX),
            present,
            on_leave: Vec::new(),
            lecturer: None,
            counts: false,
            recorded_on,
        });
    }

    fn expected(&self, circle: Circle, on: Day) -> Vec<PersonIx> {
        let county = self.chronicle.county;
        let members = county.members(self.plan.branch).iter().filter(|m| m.belongs(on));
        let own = |group| {
            members
                .clone()
                .filter(move |m| group == Circle::Branch || m.group.map(Circle::Group) == Some(group))
        };
        match circle {
            Circle::Committee => {
                let posts = county
                    .posts_of(self.plan.branch)
                    .iter()
                    .filter(|post| post.held(on));
                let mut people: Vec<PersonIx> = posts.map(|post| post.person).collect();
                people.sort_unstable();
                people.dedup();
                people
            }
            circle => own(circle)
                .filter(|m| !m.is_exempt(on))
                .map(|m| m.person)
                .collect(),
        }
    }

    /// Who came and who was excused. Enough come for every duty: half of all members, half of the full ones,
    /// half of those not exempt.
    fn attendance(
        &mut self,
        circle: Circle,
        on: Day,
        expected: &[PersonIx],
        lecturer: Option<PersonIx>,
    ) -> (Vec<PersonIx>, Vec<PersonIx>) {
        let county = self.chronicle.county;
        let usual = 750 + self.plan.keep / 5;
        let (mut present, mut absent) = (Vec::with_capacity(expected.len()), Vec::new());
        for person in expected {
            let away = county.memberships[*person as usize]
                .away_since
                .is_some_and(|since| since <= on);
            let comes = self.chronicle.dice.chance(if away { 200 } else { usual });
            let must = circle == Circle::Committee || lecturer == Some(*person);
            if comes || must {
                present.push(*person)
            } else {
                absent.push(*person)
            }
        }
        if circle == Circle::Branch {
            for member in county
                .members(self.plan.branch)
                .iter()
                .filter(|m| m.belongs(on) && m.is_exempt(on))
            {
                if self.chronicle.dice.chance(250) {
                    present.push(member.person);
                }
            }
            self.enough(on, &mut present, &mut absent);
        }
        absent.retain(|_| self.chronicle.dice.chance(450));
        present.sort_unstable();
        (present, absent)
    }

    fn enough(&self, on: Day, present: &mut Vec<PersonIx>, absent: &mut Vec<PersonIx>) {
        let county = self.chronicle.county;
        let members = county.members(self.plan.branch);
        let full = members.iter().filter(|m| m.is_full(on)).count();
        let all = members.iter().filter(|m| m.belongs(on)).count();
        let full_here = |present: &[PersonIx]| {
            present
                .iter()
                .filter(|p| county.memberships[**p as usize].is_full(on))
                .count()
        };
        while present.len() * 2 < all + 2 || full_here(present) * 2 < full + 2 {
            let Some(at) = absent
                .iter()
                .position(|p| county.memberships[*p as usize].is_full(on))
            else {
                return;
            };
            present.push(absent.remove(at));
        }
    }

    /// The first lecture of the year is the secretary's, then leading cadres and others take turns; some are
    /// given by a trainer from outside.
    fn lecturer(&mut self, on: Day) -> Option<PersonIx> {
        let nth = self.lectures;
        self.lectures += 1;
        let secretary = self.chronicle.secretary(self.plan.branch, on);
        if nth == 0 && self.kept() {
            return secretary;
        }
        let cadres: Vec<PersonIx> = self
            .chronicle
            .county
            .members(self.plan.branch)
            .iter()
            .filter(|m| m.leading_cadre_since.is_some() && m.is_full(on) && Some(m.person) != secretary)
            .map(|m| m.person)
            .collect();
        if let Some(cadre) = cadres.get(nth.saturating_sub(1)) {
            return self.kept().then_some(*cadre);
        }
        self.chronicle.dice.chance(500).then_some(secretary).flatten()
    }

    /// Within ten working days where the branch is in time, else up to twenty; everything is recorded when
    /// the year is screened and when it is frozen.
    fn recorded_on(&mut self, on: Day) -> Day {
        let (low, high) = if self.kept() { (0, 7) } else { (12, 20) };
        let days = self.chronicle.dice.between(low, high);
        let recorded = Calendar::official().add_working_days(on, days, false).day;
        let year = self.chronicle.year;
        let latest = if on.year() == year {
            day(year, 12, 31)
        } else {
            day(year + 1, 1, 14)
        };
        recorded.min(latest)
    }
}
