//! Persons and their membership. Everybody is invented: see [`super::codes`]; names are made
//! ones too.

use std::collections::BTreeMap;

use chrono::Datelike;
use kernel::{
    Day, Domain, Fen,
    day::{add_days, add_months},
};

use super::{
    County, PersonIx, codes, day,
    dice::{Dice, Stage},
    names,
    plan::Plan,
};

/// GB/T 2261.1 (N-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 1
    Male,
    /// 2
    Female,
}

/// A natural person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// Three characters, the second one of 演示样例拟.
    pub name: String,
    /// 18 characters, right check character, an area code that nobody has (N-02).
    pub identity_number: String,
    /// Agrees with the identity number.
    pub sex: Sex,
    /// Agrees with the identity number.
    pub born: Day,
    /// GB/T 3304, 1 to 56 (N-04).
    pub ethnic: u8,
    /// GB/T 4658, two digits (N-05); none where the branch never filled it in.
    pub education: Option<u8>,
    /// Eleven digits beginning with 160; none where the branch never filled it in.
    pub phone: Option<String>,
    /// Work post or profession; none where the branch never filled it in.
    pub occupation: Option<&'static str>,
}

/// The membership of one person in the primary branch. `memberships[i]` belongs to `persons[i]`; persons
/// behind the last membership are no members of these branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Whose.
    pub person: PersonIx,
    /// The primary branch.
    pub branch: usize,
    /// First day in this branch.
    pub from: Day,
    /// Day of the assembly's vote that admitted.
    pub joined: Day,
    /// Day since which full member; a probationary member has none, or a later one.
    pub full_on: Option<Day>,
    /// Exemption from activities for age or illness.
    pub exempt: Option<Exemption>,
    /// Leading cadre since (S-322).
    pub leading_cadre_since: Option<Day>,
    /// Away at a fixed place since.
    pub away_since: Option<Day>,
    /// The party group within the branch: a place in [`County::groups`].
    pub group: Option<usize>,
    /// What dues are reckoned from.
    pub dues: DuesBase,
}

impl Membership {
    /// Whether full member on the day.
    #[must_use]
    pub fn is_full(&self, on: Day) -> bool {
        self.belongs(on) && self.full_on.is_some_and(|full| full <= on)
    }

    /// Whether in the branch on the day.
    #[must_use]
    pub fn belongs(&self, on: Day) -> bool {
        self.from <= on
    }

    /// Whether exempt on the day.
    #[must_use]
    pub fn is_exempt(&self, on: Day) -> bool {
        self.exempt.is_some_and(|exempt| exempt.from <= on)
    }
}

/// A dated decision that asks no activity of an old or ill member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exemption {
    /// True for illness, false for age.
    pub illness: bool,
    /// Since when.
    pub from: Day,
}

/// What dues are reckoned from (R-301…R-304).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DuesBase {
    /// Fixed monthly wage after tax.
    Wage(Fen),
    /// Monthly pension.
    Pension(Fen),
    /// Farmer: the fixed monthly amount itself, 20 to 100 fen.
    Farmer(Fen),
}

/// Makes every member of every planned branch.
pub(super) fn settle(county: &mut County, plans: &[Plan], seed: u64) {
    let mut crowd = Crowd::new(county, seed);
    for plan in plans {
        let founded = county.organizations[plan.branch].founded;
        let total = plan.full + plan.admitted;
        let first = county.memberships.len();
        for nth in 0..total {
            let time = match nth {
                nth if nth >= plan.full => Time::Admitted,
                nth if nth + plan.turning >= plan.full => Time::Turning,
                _ => Time::Long,
            };
            let person = crowd.person(county, plan.domain, time);
            let membership = crowd.membership(county, plan, person, founded, time);
            county.memberships.push(membership);
        }
        crowd.special(county, plan, first);
    }
}

/// How long a member has been one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Time {
    Long,
    Turning,
    Admitted,
}

pub(super) struct Crowd {
    dice: Dice,
    year: i32,
    province: String,
    top: String,
    born: BTreeMap<(Day, bool), u32>,
}

impl Crowd {
    /// Goes on numbering where the persons of the county end.
    pub(super) fn new(county: &County, seed: u64) -> Self {
        let mut born: BTreeMap<(Day, bool), u32> = BTreeMap::new();
        for person in &county.persons {
            *born.entry((person.born, person.sex == Sex::Male)).or_default() += 1;
        }
        Self {
            dice: Dice::new(seed, Stage::People),
            year: county.year,
            province: county.code[..2].to_owned(),
            top: county.code.clone(),
            born,
        }
    }

    /// Adds a member of the ages and schooling of a domain.
    fn person(&mut self, county: &mut County, domain: Domain, time: Time) -> PersonIx {
        let age = match time {
            Time::Long => self.age(domain),
            _ => self.dice.between(20, 40),
        };
        self.aged(county, domain, age)
    }

    fn aged(&mut self, county: &mut County, domain: Domain, age: i64) -> PersonIx {
        let dice = &mut self.dice;
        let sex = if dice.chance(280) { Sex::Female } else { Sex::Male };
        let year = self.year - i32::try_from(age).unwrap_or(40);
        let mut born = dice.day(day(year, 1, 1), day(year, 12, 28));
        while self
            .born
            .get(&(born, sex == Sex::Male))
            .is_some_and(|many| *many >= 499)
        {
            born = add_days(born, 1);
        }
        let nth = self.born.entry((born, sex == Sex::Male)).or_default();
        let identity_number = codes::identity_number(&self.province, born, sex, *nth);
        *nth += 1;
        let at = county.persons.len();
        let education = education(dice, domain, age);
        let ethnic = if dice.chance(985) {
            1
        } else {
            dice.pick(&[2, 3, 8, 11, 15])
        };
        county.persons.push(Person {
            external_id: format!("{}-p{at:06}", self.top),
            name: names::person(dice, sex),
            identity_number,
            sex,
            born,
            ethnic,
            education: Some(education),
            phone: Some(codes::phone(at)),
            occupation: Some(names::occupation(dice, domain, age)),
        });
        PersonIx::try_from(at).unwrap_or(PersonIx::MAX)
    }

    /// A person who is no member of these branches: applicants, officers of the city, experts.
    pub(super) fn outsider(&mut self, county: &mut County, domain: Domain, age: i64) -> PersonIx {
        self.aged(county, domain, age)
    }

    fn age(&mut self, domain: Domain) -> i64 {
        let old = match domain {
            Domain::Rural => 500,
            Domain::Community => 470,
            Domain::Retired => 1000,
            Domain::Social => 90,
            Domain::Private => 50,
            Domain::Organ | Domain::Institution | Domain::School | Domain::Soe => 12,
        };
        match self.dice.chance(old) {
            true => 61 + (self.dice.between(0, 27) + self.dice.between(0, 27)) / 2 - 4,
            false => self.dice.between(25, 59),
        }
    }

    fn membership(
        &mut self,
        county: &County,
        plan: &Plan,
        person: PersonIx,
        founded: Day,
        time: Time,
    ) -> Membership {
        let dice = &mut self.dice;
        let year = self.year;
        let born = county.persons[person as usize].born;
        let grown = add_months(born, 12 * i32::try_from(dice.between(20, 32)).unwrap_or(20));
        let (joined, full_on) = match time {
            Time::Long => {
                let joined = grown.min(add_days(day(year - 2, 6, 30), -dice.between(0, 300)));
                (joined, Some(add_months(joined, 12)))
            }
            Time::Turning => {
                let joined = dice.day(day(year - 1, 3, 1), day(year - 1, 11, 20));
                (joined, Some(add_months(joined, 12)))
            }
            Time::Admitted => (dice.day(day(year, 3, 10), day(year, 11, 20)), None),
        };
        let moved = dice.day(day(year - 20, 1, 1), day(year - 1, 12, 20));
        let from = match time {
            Time::Long => joined.max(moved).max(founded),
            _ => joined.max(founded),
        };
        let old = year - born.year() > 60;
        Membership {
            person,
            branch: plan.branch,
            from,
            joined,
            full_on,
            exempt: None,
            leading_cadre_since: None,
            away_since: None,
            group: None,
            dues: dues_base(dice, plan.domain, old),
        }
    }

    /// Exemptions, leading cadres, members who are away, fields that were never filled in.
    fn special(&mut self, county: &mut County, plan: &Plan, first: usize) {
        let dice = &mut self.dice;
        let total = county.memberships.len() - first;
        let (mut exempt, mut away) = (total / 5, total / 10);
        let cadres = match plan.domain {
            Domain::Organ | Domain::Institution | Domain::School | Domain::Soe => total / 8 + 1,
            _ => 0,
        };
        let since = day(self.year - 1, 3, 1);
        for (nth, member) in county.memberships[first..].iter_mut().enumerate() {
            let person = &mut county.persons[member.person as usize];
            let age = self.year - person.born.year();
            let illness = dice.chance(6);
            let long = member.joined < since;
            if exempt > 0 && long && ((age >= 76 && dice.chance(450)) || illness) {
                exempt -= 1;
                member.exempt = Some(Exemption {
                    illness: age < 76,
                    from: member.from.max(since),
                });
            } else if long && nth % 4 == 1 && nth / 4 < cadres && age < 60 {
                member.leading_cadre_since = Some(member.from.max(day(self.year - 3, 3, 1)));
            } else if away > 0 && long && age < 56 && plan.domain == Domain::Rural && dice.chance(120) {
                away -= 1;
                member.away_since = Some(member.from.max(dice.day(since, day(self.year, 8, 30))));
            }
            if dice.chance(plan.fail() / 8) {
                person.phone = None;
            } else if dice.chance(plan.fail() / 12) {
                person.education = None;
            } else if dice.chance(plan.fail() / 12) {
                person.occupation = None;
            }
        }
    }
}

fn education(dice: &mut Dice, domain: Domain, age: i64) -> u8 {
    const CODES: [u8; 8] = [11, 14, 20, 30, 40, 60, 70, 80];
    let weights: [u32; 8] = match domain {
        Domain::Rural if age > 60 => [0, 0, 0, 20, 30, 150, 450, 350],
        Domain::Rural => [0, 0, 60, 180, 120, 300, 300, 40],
        Domain::Community | Domain::Retired if age > 60 => [0, 5, 80, 200, 180, 250, 220, 65],
        Domain::Community | Domain::Private | Domain::Social | Domain::Soe => {
            [0, 20, 330, 370, 100, 130, 50, 0]
        }
        _ => [5, 110, 620, 230, 20, 15, 0, 0],
    };
    CODES[dice.weighted(&weights)]
}

fn dues_base(dice: &mut Dice, domain: Domain, old: bool) -> DuesBase {
    match domain {
        Domain::Rural => DuesBase::Farmer(Fen(dice.pick(&[20, 50, 100]))),
        _ if old => DuesBase::Pension(Fen(dice.between(2_400, 7_200) * 100)),
        _ => DuesBase::Wage(Fen(dice.between(2_600, 11_500) * 100)),
    }
}
