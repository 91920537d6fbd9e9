//! What grows in one county: villages and communities first, then everything that is measured by them.

use std::collections::BTreeMap;

use kernel::{
    Domain,
    organization::{Level, OrganizationKind},
};

use super::{
    super::{
        day,
        divisions::{Division, Divisions, Rank},
        names,
    },
    Seat, Tree, UnitKind,
};

/// One county while its tree grows.
pub(super) struct Growing<'a> {
    tree: &'a mut Tree,
    county: &'a Division,
    towns: Vec<(usize, &'a Division)>,
    areas: BTreeMap<&'a str, Vec<&'a Division>>,
    /// Villages and communities: the measure of everything else.
    size: usize,
    root: usize,
    organ_units: Vec<usize>,
}

impl<'a> Growing<'a> {
    pub(super) fn new(
        tree: &'a mut Tree,
        county: &'a Division,
        city: usize,
        divisions: &'a Divisions,
    ) -> Self {
        tree.here = Some(tree.organizations.len());
        let root = tree.local(county, Level::County, Some(city));
        let mut towns = Vec::new();
        for town in divisions
            .towns
            .iter()
            .filter(|town| town.parent_code == county.code)
        {
            let street = town.name.ends_with("街道") || town.name.ends_with("街道办事处");
            let (kind, body) = match street {
                true => (OrganizationKind::WorkCommittee, "工作委员会"),
                false => (OrganizationKind::Committee, "委员会"),
            };
            let name = format!("中共{}{}{body}", county.name, town.name);
            towns.push((tree.organization(name, kind, Some(root), &town.code), town));
        }
        let mut areas: BTreeMap<&str, Vec<&Division>> = BTreeMap::new();
        for area in &divisions.areas {
            areas.entry(area.parent_code.as_str()).or_default().push(area);
        }
        let size = towns
            .iter()
            .map(|(_, town)| areas.get(town.code.as_str()).map_or(0, Vec::len))
            .sum();
        Self {
            tree,
            county,
            towns,
            areas,
            size,
            root,
            organ_units: Vec::new(),
        }
    }

    pub(super) fn grow(&mut self) {
        for (committee, town) in self.towns.clone() {
            for area in self.areas.get(town.code.as_str()).cloned().unwrap_or_default() {
                self.area(committee, town, area);
            }
        }
        self.organs();
        self.institutions();
        self.schools();
        self.state_enterprises();
        self.private_and_social();
        self.retired();
        self.not_rated();
    }

    /// How many branches a domain gets: a share of the villages and communities, never fewer than `least`.
    fn share(&self, parts: usize, of: usize, least: usize) -> usize {
        (self.size * parts / of).max(least)
    }

    fn seat(&self, parent: usize) -> Seat {
        Seat {
            parent,
            code: self.county.code.clone(),
        }
    }

    fn work_committee(&mut self, name: &str) -> usize {
        let name = format!("中共{}{name}", self.county.name);
        let code = self.county.code.clone();
        self.tree
            .organization(name, OrganizationKind::WorkCommittee, Some(self.root), &code)
    }

    /// A village or community: one branch, or a general branch with two or three.
    fn area(&mut self, committee: usize, town: &Division, area: &Division) {
        let tree = &mut *self.tree;
        let village = area.rank == Rank::Village;
        let domain = if village { Domain::Rural } else { Domain::Community };
        let short = names::area(area);
        let name = format!("{}{}{short}", self.county.name, town.name);
        let (kind, body) = match village {
            true => (UnitKind::Village, "村民委员会"),
            false => (UnitKind::Community, "居民委员会"),
        };
        let unit = tree.unit(format!("{}{short}{body}", town.name), kind, &area.code);
        let seat = Seat {
            parent: committee,
            code: area.code.clone(),
        };
        if tree.dice.chance(if village { 45 } else { 200 }) {
            let general = format!("中共{name}总支部委员会");
            let at = tree.organization(
                general,
                OrganizationKind::GeneralBranch,
                Some(committee),
                &area.code,
            );
            tree.organizations[at].leads_area = true;
            tree.organizations[at].units = vec![unit];
            let seat = Seat { parent: at, ..seat };
            for nth in 1..=tree.dice.between(2, 3) {
                let nth = names::numeral(usize::try_from(nth).unwrap_or(1));
                tree.branch(&seat, format!("{name}第{nth}"), domain, vec![unit]);
            }
            return;
        }
        let at = tree.branch(&seat, name, domain, vec![unit]);
        tree.organizations[at].leads_area = true;
        if village && tree.dice.chance(60) {
            let partner = tree.unit(
                format!("{short}示例农民专业合作社"),
                UnitKind::Cooperative,
                &area.code,
            );
            tree.organizations[at].units.push(partner);
        }
    }

    fn organs(&mut self) {
        for (committee, town) in self.towns.clone() {
            let unit = self.tree.unit(
                format!("{}{}机关", self.county.name, town.name),
                UnitKind::Organ,
                &town.code,
            );
            self.organ_units.push(unit);
            let seat = Seat {
                parent: committee,
                code: town.code.clone(),
            };
            let name = format!("{}{}机关", self.county.name, town.name);
            self.tree.branch(&seat, name, Domain::Organ, vec![unit]);
        }
        let under = self.work_committee("委直属机关工作委员会");
        let many = self.share(3, 4, 12).saturating_sub(self.towns.len()).max(10);
        let mut left = many;
        if many >= 30 {
            left -= self.big_unit("公安局", UnitKind::Organ, Domain::Organ, self.root, 6);
        }
        self.row(&names::ORGANS, UnitKind::Organ, Domain::Organ, left, |_| under);
    }

    fn institutions(&mut self) {
        let health = self.work_committee("卫生健康工作委员会");
        let direct = self.organizations_named("委直属机关工作委员会");
        let mut left = self.share(5, 8, 6);
        if left >= 24 {
            left -= self.big_unit("人民医院", UnitKind::Institution, Domain::Institution, health, 6);
        }
        for (_, town) in self.towns.clone().into_iter().take(left / 3) {
            let name = format!("{}{}卫生院", self.county.name, town.name);
            let unit = self.tree.unit(name.clone(), UnitKind::Institution, &town.code);
            let seat = Seat {
                parent: health,
                code: town.code.clone(),
            };
            self.tree.branch(&seat, name, Domain::Institution, vec![unit]);
            left -= 1;
        }
        self.row(
            &names::INSTITUTIONS[1..],
            UnitKind::Institution,
            Domain::Institution,
            left,
            |nth| {
                if nth + 1 < names::HEALTH { health } else { direct }
            },
        );
    }

    fn schools(&mut self) {
        let under = self.work_committee("委教育工作委员会");
        let mut left = self.share(7, 12, 6);
        if left >= 24 {
            left -= self.big_unit("高级中学", UnitKind::School, Domain::School, under, 5);
        }
        let of_towns = (self.towns.len() * names::TOWN_SCHOOLS.len()).min(left / 2);
        for nth in 0..of_towns {
            let town = self.towns[nth % self.towns.len()].1;
            let kind = names::TOWN_SCHOOLS[nth / self.towns.len()];
            let name = format!("{}{}{kind}", self.county.name, town.name);
            let unit = self.tree.unit(name.clone(), UnitKind::School, &town.code);
            let seat = Seat {
                parent: under,
                code: town.code.clone(),
            };
            self.tree.branch(&seat, name, Domain::School, vec![unit]);
        }
        self.row(
            &names::SCHOOLS[1..],
            UnitKind::School,
            Domain::School,
            left - of_towns,
            |_| under,
        );
    }

    fn state_enterprises(&mut self) {
        let under = self.work_committee("国有资产监督管理工作委员会");
        let mut left = self.share(1, 4, 6);
        if left >= 16 {
            left -= self.big_unit(
                "示范产业投资集团",
                UnitKind::StateEnterprise,
                Domain::Soe,
                under,
                4,
            );
        }
        let named = names::STATE_ENTERPRISES.map(|trade| format!("示例{trade}有限公司"));
        let named: Vec<&str> = named.iter().map(String::as_str).collect();
        self.row(&named, UnitKind::StateEnterprise, Domain::Soe, left, |_| under);
    }

    /// `many` branches over the units of a list; a unit met again gets its second and third branch.
    fn row(
        &mut self,
        list: &[&str],
        kind: UnitKind,
        domain: Domain,
        many: usize,
        parent: impl Fn(usize) -> usize,
    ) {
        let mut units = Vec::new();
        for nth in 0..many {
            let (at, round) = (nth % list.len(), nth / list.len());
            let name = format!("{}{}", self.county.name, list[at]);
            let code = self.county.code.clone();
            if round == 0 {
                units.push(self.tree.unit(name.clone(), kind, &code));
            }
            let again = match round {
                0 => String::new(),
                more => format!("第{}", names::numeral(more + 1)),
            };
            let seat = self.seat(parent(at));
            self.tree
                .branch(&seat, format!("{name}{again}"), domain, vec![units[at]]);
        }
        if domain == Domain::Organ {
            self.organ_units.extend(units);
        }
    }

    /// A unit large enough for a committee of its own with `many` branches.
    fn big_unit(&mut self, name: &str, kind: UnitKind, domain: Domain, parent: usize, many: usize) -> usize {
        let name = format!("{}{name}", self.county.name);
        let code = self.county.code.clone();
        let unit = self.tree.unit(name.clone(), kind, &code);
        let title = format!("中共{name}委员会");
        let committee = self
            .tree
            .organization(title, OrganizationKind::Committee, Some(parent), &code);
        self.tree.organizations[committee].units = vec![unit];
        let seat = self.seat(committee);
        for nth in 1..=many {
            self.tree.branch(
                &seat,
                format!("{name}第{}", names::numeral(nth)),
                domain,
                vec![unit],
            );
        }
        many
    }

    fn private_and_social(&mut self) {
        let under = self.work_committee("委非公有制经济组织和社会组织工作委员会");
        let (private, social) = (self.share(2, 5, 6), self.share(1, 6, 6));
        let mut made = 0;
        for nth in 0..private {
            let town = self.towns[nth % self.towns.len()].0;
            let parent = if nth % 5 < 2 { town } else { under };
            made = self.two_new(made, nth, parent, Domain::Private);
        }
        let mut made = 0;
        for nth in 0..social {
            made = self.two_new(made, nth, under, Domain::Social);
        }
    }

    /// A branch of a private enterprise or a social organization, every sixth a joint one of two to five
    /// units; `made` units of the kind exist so far.
    fn two_new(&mut self, made: usize, nth: usize, parent: usize, domain: Domain) -> usize {
        let place = self.county.name.clone();
        let (kind, name): (_, fn(&str, usize) -> String) = match domain {
            Domain::Private => (UnitKind::PrivateEnterprise, names::enterprise),
            _ => (UnitKind::SocialOrganization, names::society),
        };
        let many = if nth % 6 == 5 {
            self.tree.dice.between(2, 5)
        } else {
            1
        };
        let many = usize::try_from(many).unwrap_or(1);
        let code = self.county.code.clone();
        let units: Vec<usize> = (0..many)
            .map(|k| self.tree.unit(name(&place, made + k), kind, &code))
            .collect();
        let title = self.tree.units[units[0]].name.clone();
        let title = if many > 1 { format!("{title}联合") } else { title };
        let seat = self.seat(parent);
        let at = self.tree.branch(&seat, title, domain, units);
        let branch = &mut self.tree.organizations[at];
        branch.instructor_required = !nth.is_multiple_of(3);
        if many > 1 {
            branch.kind = OrganizationKind::JointBranch;
        }
        let late = match (domain, nth) {
            (Domain::Private, 1) => Some((2, 18)),
            (Domain::Private, 7) => Some((5, 20)),
            (Domain::Social, 2) => Some((7, 8)),
            (Domain::Private, 10) => Some((10, 22)),
            _ => None,
        };
        if let Some((month, of_month)) = late {
            branch.founded = day(self.tree.year, month, of_month);
        }
        made + many
    }

    fn retired(&mut self) {
        let under = self.work_committee("委离退休干部工作委员会");
        let many = self.share(1, 4, 6);
        for nth in 0..many {
            let unit = self.organ_units[nth % self.organ_units.len()];
            let round = nth / self.organ_units.len();
            let again = if round == 0 {
                String::new()
            } else {
                format!("第{}", names::numeral(round + 1))
            };
            let name = format!("{}离退休干部{again}", self.tree.units[unit].name);
            let seat = self.seat(under);
            self.tree.branch(&seat, name, Domain::Retired, vec![unit]);
        }
    }

    /// One temporary and one functional branch: their members belong to other branches, and they are not
    /// rated (domain.md trap 3).
    fn not_rated(&mut self) {
        let direct = self.organizations_named("委直属机关工作委员会");
        let seat = self.seat(direct);
        let name = format!("{}示例重点工程指挥部临时", self.county.name);
        let at = self.tree.branch(&seat, name, Domain::Organ, Vec::new());
        self.tree.organizations[at].kind = OrganizationKind::TemporaryBranch;
        let name = format!("{}驻村工作队功能型", self.county.name);
        let at = self.tree.branch(&seat, name, Domain::Organ, Vec::new());
        self.tree.organizations[at].kind = OrganizationKind::FunctionalBranch;
    }

    fn organizations_named(&self, end: &str) -> usize {
        let name = format!("中共{}{end}", self.county.name);
        self.tree
            .organizations
            .iter()
            .position(|o| o.name == name)
            .unwrap_or(self.root)
    }
}
