//! The four libraries of each county and the bookings of a year.

use std::collections::BTreeSet;

use kernel::{Day, Domain, day::add_days};

use super::{
    County, PersonIx, day,
    dice::{Dice, Stage},
    people::Crowd,
    plan::Plan,
};

/// One offering. Two of three belong to the county committee, the others to a town or work committee: the
/// owner's subtree is the service area, and the libraries above the owner review and admit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// The committee that keeps it.
    pub owner: usize,
    /// Its title.
    pub title: String,
    /// Words to be found by.
    pub subjects: Vec<&'static str>,
    /// What it is.
    pub kind: ResourceKind,
}

impl Resource {
    /// 1 where it is exclusive, else seats or copies.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        match self.kind {
            ResourceKind::Trainer { .. } | ResourceKind::Course { .. } => 1,
            ResourceKind::Venue { seats, .. } => seats,
            ResourceKind::Material { copies, .. } => copies,
        }
    }
}

/// The four libraries (S-209).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceKind {
    /// 师资; the group is a code of the procedure's list.
    Trainer {
        /// Who.
        person: PersonIx,
        /// Group code.
        group: &'static str,
    },
    /// 阵地: the bookable offering of a site.
    Venue {
        /// A place in [`County::sites`].
        site: usize,
        /// Seats.
        seats: u32,
    },
    /// 学习资料 with printed copies.
    Material {
        /// Which of the five kinds of S-123.
        subject: &'static str,
        /// Copies in stock.
        copies: u32,
    },
    /// 课程
    Course {
        /// Trainers who can give it: places in [`County::resources`].
        trainers: Vec<usize>,
        /// Materials that it needs.
        materials: Vec<usize>,
        /// Quarter class hours.
        quarter_hours: u16,
    },
}

/// What the year has in store for a booking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Confirmed and kept.
    Kept,
    /// Confirmed, and nobody came.
    Missed,
    /// Confirmed, cancelled on the day, before the start.
    Cancelled(Day),
    /// Refused: an earlier booking has the resource.
    Refused,
}

/// One booking: a resource, or a bundle that is booked whole or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Booking {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// For which branch.
    pub branch: usize,
    /// Made on.
    pub made_on: Day,
    /// For this day.
    pub on: Day,
    /// From this hour of the day, 9 or 14.
    pub from_hour: u32,
    /// To this hour.
    pub to_hour: u32,
    /// Resources with quantities: copies of a material, seats of a venue, 1 of anything else.
    pub lines: Vec<(usize, u32)>,
    /// What becomes of it.
    pub outcome: Outcome,
}

const GROUPS: [&str; 7] = [
    "party_school",
    "secretary",
    "model",
    "party_worker",
    "expert",
    "practical",
    "retired",
];
const MATERIALS: [&str; 5] = [
    "三会一课案例",
    "换届选举操作指南",
    "发展党员规程",
    "党费管理指南",
    "标准化规范化指导手册",
];
const SUBJECTS: [&str; 6] = [
    "理论武装",
    "党务实操",
    "基层治理",
    "乡村振兴",
    "作风建设",
    "服务群众",
];
const COURSES: [&str; 10] = [
    "党章与支部工作条例",
    "乡村治理实务",
    "城市社区服务",
    "发展党员流程实操",
    "党费收缴实务",
    "组织生活会怎么开",
    "红色故事微党课",
    "企业党建与经营融合",
    "基层减负与作风",
    "支部书记履职入门",
];

/// Fills the libraries and plans the bookings.
pub(super) fn stock(county: &mut County, plans: &[Plan], seed: u64) {
    let mut librarian = Librarian {
        year: county.year,
        dice: Dice::new(seed, Stage::Library),
        used: BTreeSet::new(),
    };
    let mut crowd = Crowd::new(county, seed.rotate_left(41));
    for at in 0..county.organizations.len() {
        if county.organizations[at].county == Some(at) {
            let first = county.resources.len();
            librarian.catalogue(county, at, &mut crowd);
            librarian.bookings(county, plans, at, first);
        }
    }
    county.bookings.sort_by_key(|booking| booking.made_on);
    for (at, booking) in county.bookings.iter_mut().enumerate() {
        booking.external_id = format!("{}-b{at:05}", county.code);
    }
}

struct Librarian {
    year: i32,
    dice: Dice,
    /// Resources taken on a day.
    used: BTreeSet<(usize, Day)>,
}

impl Librarian {
    /// 24 trainers, up to 18 venues, 20 materials and 30 courses.
    fn catalogue(&mut self, county: &mut County, at: usize, crowd: &mut Crowd) {
        let below = (0..county.organizations.len()).filter(|other| {
            let other = &county.organizations[*other];
            other.parent == Some(at) && other.kind.approves() && other.units.is_empty()
        });
        let owners: Vec<usize> = std::iter::once(at).chain(below).collect();
        let first = county.resources.len();
        for nth in 0..24 {
            let age = self.dice.between(32, 66);
            let person = crowd.outsider(county, Domain::Organ, age);
            let title = format!("{}（示例师资）", county.persons[person as usize].name);
            self.add(
                county,
                &owners,
                nth,
                title,
                ResourceKind::Trainer {
                    person,
                    group: GROUPS[nth % 7],
                },
            );
        }
        let sites: Vec<usize> = (0..county.sites.len())
            .filter(|site| {
                let site = &county.sites[*site];
                county.organizations[site.branch].county == Some(at)
                    && site.area >= 120
                    && site.shared_under.is_none()
            })
            .collect();
        for nth in 0..18.min(sites.len()) {
            let site = sites[nth * sites.len() / 18.min(sites.len())];
            let (title, seats) = (county.sites[site].name.clone(), county.sites[site].area / 4);
            self.add(county, &owners, nth, title, ResourceKind::Venue { site, seats });
        }
        for nth in 0..20 {
            let subject = MATERIALS[nth % 5];
            let copies = u32::try_from(self.dice.between(30, 300)).unwrap_or(30);
            let title = format!("《{subject}》第{}辑", super::names::numeral(nth / 5 + 1));
            self.add(
                county,
                &owners,
                nth,
                title,
                ResourceKind::Material { subject, copies },
            );
        }
        let materials = county.resources.len() - 20;
        for nth in 0..30 {
            let title = format!(
                "{}（第{}讲）",
                COURSES[nth % 10],
                super::names::numeral(nth / 10 + 1)
            );
            let trainers = vec![first + nth % 24, first + (nth * 7 + 3) % 24];
            let quarter_hours = self.dice.pick(&[4, 6, 8]);
            let kind = ResourceKind::Course {
                trainers,
                materials: vec![materials + nth % 20],
                quarter_hours,
            };
            self.add(county, &owners, nth, title, kind);
        }
    }

    /// The first of each library is the county's, so that a bundle of the four is for everybody.
    fn add(&mut self, county: &mut County, owners: &[usize], nth: usize, title: String, kind: ResourceKind) {
        let at = county.resources.len();
        let owner = if nth % 3 < 2 {
            owners[0]
        } else {
            owners[1 + at % (owners.len() - 1)]
        };
        let subjects = vec![self.dice.pick(&SUBJECTS), self.dice.pick(&MATERIALS)];
        let external_id = format!("{}-r{at:05}", county.code);
        county.resources.push(Resource {
            external_id,
            owner,
            title,
            subjects,
            kind,
        });
    }

    /// One booking for every third branch, one bundle over all four libraries, and one that comes too late
    /// for the bundle's trainer.
    fn bookings(&mut self, county: &mut County, plans: &[Plan], at: usize, first: usize) {
        let here: Vec<&Plan> = plans
            .iter()
            .filter(|p| county.organizations[p.branch].county == Some(at))
            .collect();
        let [one, other, ..] = here.as_slice() else { return };
        self.bundle(county, one.branch, other.branch, first);
        let single: Vec<usize> = (first..county.resources.len())
            .filter(|r| !matches!(county.resources[*r].kind, ResourceKind::Course { .. }))
            .collect();
        let new_year = day(self.year, 1, 1);
        for plan in here {
            if county.organizations[plan.branch].founded >= new_year {
                continue;
            }
            let missing = self.dice.chance(15 + plan.fail() / 3);
            if missing || self.dice.chance(330) {
                self.single(county, plan, &single, missing);
            }
            if missing && self.dice.chance(400) {
                self.single(county, plan, &single, missing);
            }
        }
    }

    fn single(&mut self, county: &mut County, plan: &Plan, single: &[usize], missing: bool) {
        let fits = |r: &&usize| county.is_below(plan.branch, county.resources[**r].owner);
        let fitting: Vec<usize> = single.iter().filter(fits).copied().collect();
        let resource = self.dice.pick(&fitting);
        let on = self.free_day(resource);
        let made_on = add_days(on, -self.dice.between(6, 25));
        let outcome = match self.dice.below(10) {
            _ if missing => Outcome::Missed,
            0 => Outcome::Cancelled(add_days(on, -2)),
            _ => Outcome::Kept,
        };
        let quantity = match county.resources[resource].kind {
            ResourceKind::Trainer { .. } | ResourceKind::Course { .. } => 1,
            _ => u32::try_from(self.dice.between(5, 25)).unwrap_or(5),
        };
        self.book(
            county,
            plan.branch,
            (made_on, on),
            vec![(resource, quantity)],
            outcome,
        );
    }

    /// A day of the year on which nobody has the resource.
    fn free_day(&mut self, resource: usize) -> Day {
        loop {
            let on = self.dice.day(day(self.year, 2, 10), day(self.year, 12, 15));
            if self.used.insert((resource, on)) {
                return on;
            }
        }
    }

    fn bundle(&mut self, county: &mut County, one: usize, other: usize, first: usize) {
        let of = |wanted: fn(&ResourceKind) -> bool| {
            (first..county.resources.len()).find(|r| wanted(&county.resources[*r].kind))
        };
        let Some(course) = of(|kind| matches!(kind, ResourceKind::Course { .. })) else {
            return;
        };
        let ResourceKind::Course {
            trainers, materials, ..
        } = &county.resources[course].kind
        else {
            return;
        };
        let (trainer, material) = (trainers[0], materials[0]);
        let Some(venue) = of(|kind| matches!(kind, ResourceKind::Venue { .. })) else {
            return;
        };
        let (made_on, on) = (day(self.year, 6, 10), day(self.year, 6, 27));
        for resource in [trainer, venue, course, material] {
            self.used.insert((resource, on));
        }
        let lines = vec![(trainer, 1), (venue, 20), (course, 1), (material, 20)];
        self.book(county, one, (made_on, on), lines, Outcome::Kept);
        self.book(
            county,
            other,
            (add_days(made_on, 2), on),
            vec![(trainer, 1)],
            Outcome::Refused,
        );
    }

    fn book(
        &mut self,
        county: &mut County,
        branch: usize,
        days: (Day, Day),
        lines: Vec<(usize, u32)>,
        outcome: Outcome,
    ) {
        let from_hour = if lines.len() > 1 || outcome == Outcome::Refused {
            9
        } else {
            self.dice.pick(&[9, 14])
        };
        county.bookings.push(Booking {
            external_id: String::new(),
            branch,
            made_on: days.0,
            on: days.1,
            from_hour,
            to_hour: from_hour + 3,
            lines,
            outcome,
        });
    }
}
