//! The tree of one county or city: committees, branches of nine domains, and the units that host them.

use kernel::{
    Day, Domain,
    organization::{Level, OrganizationKind},
};

use super::{
    County,
    codes::uscc,
    day,
    dice::{Dice, Stage},
    divisions::{Division, Divisions},
};

mod growing;

/// A Party organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Stable for the same file and seed: the same organization has it in every run.
    pub external_id: String,
    /// Full official name.
    pub name: String,
    /// What kind it is.
    pub kind: OrganizationKind,
    /// Only at local committees.
    pub level: Option<Level>,
    /// The organization above; an earlier place in the list. None at the root alone.
    pub parent: Option<usize>,
    /// The domain of a branch; other organizations have none.
    pub domain: Option<Domain>,
    /// Administrative code of its place, with the edition of the county file (N-01).
    pub division_code: String,
    /// First day of its existence.
    pub founded: Day,
    /// Host units, the main one first; none where members of many units meet.
    pub units: Vec<usize>,
    /// Whether it leads its village or community (S-108, S-109).
    pub leads_area: bool,
    /// Whether its superior requires an instructor (S-104).
    pub instructor_required: bool,
    /// The county committee at or above it; none above the counties.
    pub county: Option<usize>,
}

impl Organization {
    /// Whether members meet in it.
    #[must_use]
    pub fn is_branch(&self) -> bool {
        self.kind.is_branch()
    }
}

/// A host unit (单位).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// Its name.
    pub name: String,
    /// What kind it is.
    pub kind: UnitKind,
    /// Unified social credit code; its check characters are right, its owner does not exist.
    pub uscc: String,
    /// Administrative code of its place.
    pub division_code: String,
    /// The day on which its registration ended.
    pub deregistered_on: Option<Day>,
}

/// Carrier classes of units (S-101).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    /// 村民委员会
    Village,
    /// 居民委员会
    Community,
    /// 农民合作社
    Cooperative,
    /// 机关
    Organ,
    /// 事业单位
    Institution,
    /// 学校
    School,
    /// 国有企业
    StateEnterprise,
    /// 非公企业
    PrivateEnterprise,
    /// 社会组织
    SocialOrganization,
}

impl UnitKind {
    /// The word for it in messages.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Village => "village",
            Self::Community => "community",
            Self::Cooperative => "cooperative",
            Self::Organ => "organ",
            Self::Institution => "institution",
            Self::School => "school",
            Self::StateEnterprise => "state_enterprise",
            Self::PrivateEnterprise => "private_enterprise",
            Self::SocialOrganization => "social_organization",
        }
    }

    /// The first two characters of its credit code (GB 32100: registrar and class).
    fn registrar(self) -> &'static str {
        match self {
            Self::Village => "54",
            Self::Community => "55",
            Self::Cooperative => "93",
            Self::Organ => "11",
            Self::Institution | Self::School => "12",
            Self::StateEnterprise | Self::PrivateEnterprise => "91",
            Self::SocialOrganization => "51",
        }
    }
}

/// Plants the whole tree into an empty county.
pub(super) fn plant(county: &mut County, divisions: &Divisions, seed: u64) {
    let mut tree = Tree {
        organizations: Vec::new(),
        units: Vec::new(),
        top: divisions.top().code.clone(),
        year: county.year,
        dice: Dice::new(seed, Stage::Tree),
        here: None,
    };
    let province = tree.local(&divisions.province, Level::Province, None);
    let city = tree.local(&divisions.city, Level::City, Some(province));
    for division in &divisions.counties {
        growing::Growing::new(&mut tree, division, city, divisions).grow();
    }
    county.organizations = tree.organizations;
    county.units = tree.units;
}

struct Tree {
    organizations: Vec<Organization>,
    units: Vec<Unit>,
    top: String,
    year: i32,
    dice: Dice,
    here: Option<usize>,
}

impl Tree {
    fn local(&mut self, division: &Division, level: Level, parent: Option<usize>) -> usize {
        let name = format!("中共{}委员会", division.name);
        let at = self.organization(name, OrganizationKind::LocalCommittee, parent, &division.code);
        self.organizations[at].level = Some(level);
        self.organizations[at].founded = day(1949, 10, 1);
        at
    }

    fn organization(
        &mut self,
        name: String,
        kind: OrganizationKind,
        parent: Option<usize>,
        code: &str,
    ) -> usize {
        let at = self.organizations.len();
        let founded = match kind.is_branch() {
            true => self.dice.day(day(1952, 7, 1), day(self.year - 3, 12, 28)),
            false => day(1951, 7, 1),
        };
        self.organizations.push(Organization {
            external_id: format!("{}-{at:05}", self.top),
            name,
            kind,
            level: None,
            parent,
            domain: None,
            division_code: code.to_owned(),
            founded,
            units: Vec::new(),
            leads_area: false,
            instructor_required: false,
            county: self.here,
        });
        at
    }

    fn unit(&mut self, name: String, kind: UnitKind, code: &str) -> usize {
        let at = self.units.len();
        self.units.push(Unit {
            external_id: format!("{}-u{at:05}", self.top),
            name,
            kind,
            uscc: uscc(kind.registrar(), &code[..6], at),
            division_code: code.to_owned(),
            deregistered_on: None,
        });
        at
    }

    fn branch(&mut self, seat: &Seat, name: String, domain: Domain, units: Vec<usize>) -> usize {
        let name = format!("中共{name}支部委员会");
        let at = self.organization(name, OrganizationKind::Branch, Some(seat.parent), &seat.code);
        self.organizations[at].domain = Some(domain);
        self.organizations[at].units = units;
        at
    }
}

/// Where a branch hangs and where it lies.
struct Seat {
    parent: usize,
    code: String,
}
