//! Places, money and governance: sites, fund lines, slots of the governance structure.

use kernel::{Day, Domain, Fen, day::add_days};

use super::{
    County, PersonIx, day,
    dice::{Dice, Stage},
    plan::Plan,
    posts::{Post, PostKind},
};

/// Functions of a site (code table of `organization.site.functions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SiteFunction {
    /// 便民服务
    Convenience,
    /// 生活保障
    Livelihood,
    /// 农经服务
    FarmEconomy,
    /// 党务
    PartyAffairs,
    /// 政务
    Government,
    /// 服务
    Service,
    /// 会议
    Meeting,
    /// 学习
    Study,
    /// 公示
    Notice,
}

impl SiteFunction {
    /// The word of the code table.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Convenience => "convenience",
            Self::Livelihood => "livelihood_security",
            Self::FarmEconomy => "farm_economy",
            Self::PartyAffairs => "party_affairs",
            Self::Government => "government_affairs",
            Self::Service => "services",
            Self::Meeting => "meeting",
            Self::Study => "study",
            Self::Notice => "notice",
        }
    }

    /// The three functions that a domain's site must have.
    #[must_use]
    pub fn required(domain: Domain) -> [Self; 3] {
        match domain {
            Domain::Rural => [Self::Convenience, Self::Livelihood, Self::FarmEconomy],
            Domain::Community => [Self::PartyAffairs, Self::Government, Self::Service],
            _ => [Self::Meeting, Self::Study, Self::Notice],
        }
    }
}

/// A site for activities, assigned to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// Stable for the same file and seed.
    pub external_id: String,
    /// The branch that uses it.
    pub branch: usize,
    /// Its name.
    pub name: String,
    /// Square metres.
    pub area: u32,
    /// Since when it is assigned.
    pub from: Day,
    /// What it is fit for.
    pub functions: Vec<SiteFunction>,
    /// Reference of the agreement where it is shared; none where it is the branch's own.
    pub shared_under: Option<String>,
}

/// A fund line with the year's standard (S-402, S-407). A branch without one has no standard at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundLine {
    /// Whose.
    pub branch: usize,
    /// Which: `activity` 党组织活动经费, `service` 服务群众专项经费, `party_work` 党建工作经费.
    pub code: &'static str,
    /// The year's standard.
    pub standard: Fen,
}

/// Allowed purposes: the allotment itself, and those of R-309.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FundPurpose {
    /// 拨入
    Allotment,
    /// 培训党员
    Training,
    /// 订阅、资料、设备
    Materials,
    /// 表彰
    Commendation,
    /// 补助困难党员
    Aid,
    /// 救灾与修缮
    Relief,
}

impl FundPurpose {
    /// The word of the list.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Allotment => "allotment",
            Self::Training => "training",
            Self::Materials => "materials",
            Self::Commendation => "commendation",
            Self::Aid => "aid",
            Self::Relief => "relief",
        }
    }
}

/// One movement: money allotted (positive) or spent (negative). A line's balance never falls below zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FundMovement {
    /// A place in [`County::fund_lines`].
    pub line: usize,
    /// The day.
    pub on: Day,
    /// In fen, positive when allotted.
    pub amount: Fen,
    /// What for; none where it was not stated.
    pub purpose: Option<FundPurpose>,
    /// Reference of the voucher; none where it is missing.
    pub voucher: Option<String>,
}

/// Kinds of governance slots (S-108: five in a village, S-109: six in a community).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotKind {
    /// 党组织
    Party,
    /// 村委会、居委会
    Committee,
    /// 村务监督委员会 (villages)
    Supervision,
    /// 综合服务站
    ServiceStation,
    /// 合作社 (villages)
    Cooperative,
    /// 业主委员会 (communities)
    Owners,
    /// 楼门长 (communities, any number)
    Doors,
    /// 物业服务公司 (communities)
    Property,
}

impl SlotKind {
    /// The word of the code table.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Party => "party",
            Self::Committee => "committee",
            Self::Supervision => "supervision",
            Self::ServiceStation => "service_station",
            Self::Cooperative => "cooperative",
            Self::Owners => "owners",
            Self::Doors => "doors",
            Self::Property => "property",
        }
    }
}

/// One slot of the governance structure of a village or community; an empty slot has no record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernanceSlot {
    /// The branch or general branch that leads the area.
    pub organization: usize,
    /// Which slot.
    pub kind: SlotKind,
    /// Name of the body that holds it.
    pub body: &'static str,
    /// The member who heads the body, where a member does.
    pub head: Option<PersonIx>,
    /// Since when.
    pub since: Day,
    /// Why it is not yet formed; only owners' committees, which are then not owed.
    pub not_formed: Option<&'static str>,
}

/// Gives every branch its site and money, and every area its governance structure.
pub(super) fn provide(county: &mut County, plans: &[Plan], seed: u64) {
    let mut steward = Steward {
        year: county.year,
        dice: Dice::new(seed, Stage::Support),
    };
    for plan in plans {
        steward.site(county, plan);
        steward.funds(county, plan);
    }
    for organization in 0..county.organizations.len() {
        if county.organizations[organization].leads_area {
            let plan = plans.iter().find(|plan| {
                plan.branch == organization || county.organizations[plan.branch].parent == Some(organization)
            });
            if let Some(plan) = plan {
                steward.governance(county, organization, plan);
            }
        }
    }
}

struct Steward {
    year: i32,
    dice: Dice,
}

impl Steward {
    fn site(&mut self, county: &mut County, plan: &Plan) {
        if self.dice.chance(plan.fail() / 6) {
            return;
        }
        let shared = matches!(plan.domain, Domain::Private | Domain::Social | Domain::Retired)
            && self.dice.chance(500);
        let lacking = plan.fail() * 2 / 3;
        let mut functions = SiteFunction::required(plan.domain).to_vec();
        functions.retain(|_| !self.dice.chance(lacking));
        let at = county.sites.len();
        let full = &county.organizations[plan.branch].name;
        let short = full.trim_start_matches("中共").trim_end_matches("支部委员会");
        let site = Site {
            external_id: format!("{}-s{at:05}", county.code),
            branch: plan.branch,
            name: format!("{short}党群活动室"),
            area: u32::try_from(self.dice.between(40, 420)).unwrap_or(60),
            from: county.organizations[plan.branch]
                .founded
                .max(day(self.year - 3, 1, 1)),
            functions,
            shared_under: shared.then(|| format!("共用协议〔{}〕{at}号", self.year - 1)),
        };
        county.sites.push(site);
    }

    fn funds(&mut self, county: &mut County, plan: &Plan) {
        let by_head = Fen(i64::try_from(plan.full).unwrap_or(10) * 20_000);
        let lines: &[(&'static str, Fen)] = match plan.domain {
            Domain::Rural => &[("activity", Fen(2_000_000)), ("service", Fen(3_000_000))],
            Domain::Community => &[("activity", Fen(3_000_000)), ("service", Fen(10_000_000))],
            Domain::Social if self.dice.chance(400) => &[],
            _ => &[("party_work", by_head)],
        };
        for (code, standard) in lines {
            let line = county.fund_lines.len();
            county.fund_lines.push(FundLine {
                branch: plan.branch,
                code,
                standard: *standard,
            });
            self.movements(county, plan, line, *standard);
        }
    }

    /// Allotted in two parts, spent in small sums, never more than is there.
    fn movements(&mut self, county: &mut County, plan: &Plan, line: usize, standard: Fen) {
        let founded = county.organizations[plan.branch].founded;
        let short = self.dice.chance(plan.fail() * 2);
        let share = if short { self.dice.between(55, 96) } else { 100 };
        let allotted = standard.0 * share / 100;
        let parts = [
            (day(self.year, 2, 20), allotted * 6 / 10),
            (day(self.year, 8, 20), allotted - allotted * 6 / 10),
        ];
        let mut balance = 0;
        let first = county.fund_movements.len();
        for (half, (on, amount)) in parts.into_iter().enumerate() {
            let on = on.max(add_days(founded, 30)).min(day(self.year, 12, 28));
            let voucher = Some(format!("拨〔{}〕{line}-{half}", self.year));
            let movement = FundMovement {
                line,
                on,
                amount: Fen(amount),
                purpose: Some(FundPurpose::Allotment),
                voucher,
            };
            county.fund_movements.push(movement);
            balance += amount;
            balance -= self.spend(county, plan, line, on, balance);
        }
        county.fund_movements[first..].sort_by_key(|movement| movement.on);
    }

    fn spend(&mut self, county: &mut County, plan: &Plan, line: usize, from: Day, balance: i64) -> i64 {
        const PURPOSES: [FundPurpose; 5] = [
            FundPurpose::Training,
            FundPurpose::Materials,
            FundPurpose::Commendation,
            FundPurpose::Aid,
            FundPurpose::Relief,
        ];
        let mut spent = 0;
        let mut on = from;
        for nth in 0..self.dice.between(2, 5) {
            on = add_days(on, self.dice.between(3, 25));
            let amount = (balance - spent) * self.dice.between(8, 30) / 100;
            if on > day(self.year, 12, 31) || amount == 0 {
                break;
            }
            let careless = self.dice.chance(plan.fail() / 3);
            let purpose = (!careless || self.dice.chance(500)).then(|| self.dice.pick(&PURPOSES));
            let voucher = (!careless || purpose.is_none())
                .then(|| format!("支〔{}〕{line}-{}-{nth}", self.year, chrono::Datelike::month(&on)));
            county.fund_movements.push(FundMovement {
                line,
                on,
                amount: Fen(-amount),
                purpose,
                voucher,
            });
            spent += amount;
        }
        spent
    }

    fn governance(&mut self, county: &mut County, organization: usize, plan: &Plan) {
        use SlotKind::{Committee, Cooperative, Doors, Owners, Party, Property, ServiceStation, Supervision};
        let village = plan.domain == Domain::Rural;
        let kinds: &[SlotKind] = match village {
            true => &[Party, Committee, Supervision, ServiceStation, Cooperative],
            false => &[Party, Committee, Owners, Doors, Property, ServiceStation],
        };
        let in_post = |post: &&Post| post.kind == PostKind::Secretary && post.until.is_none();
        let head = county
            .posts_of(plan.branch)
            .iter()
            .find(in_post)
            .map(|post| post.person);
        let since = day(self.year - 3, 3, 1).max(county.organizations[organization].founded);
        for kind in kinds {
            let unformed = *kind == Owners && self.dice.chance(300);
            let empty = !unformed && *kind != Party && self.dice.chance(30 + plan.fail() / 2);
            let headed = matches!(kind, Party | Committee) || self.dice.chance(300);
            if !empty {
                county.governance_slots.push(GovernanceSlot {
                    organization,
                    kind: *kind,
                    body: body(*kind, village),
                    head: head.filter(|_| headed && !unformed),
                    since,
                    not_formed: unformed.then_some("小区尚不具备成立条件，由居委会代行"),
                });
            }
        }
    }
}

fn body(kind: SlotKind, village: bool) -> &'static str {
    match kind {
        SlotKind::Party => "党组织",
        SlotKind::Committee if village => "村民委员会",
        SlotKind::Committee => "居民委员会",
        SlotKind::Supervision => "村务监督委员会",
        SlotKind::ServiceStation => "综合服务站",
        SlotKind::Cooperative => "股份经济合作社",
        SlotKind::Owners => "业主委员会",
        SlotKind::Doors => "楼门长队伍",
        SlotKind::Property => "示例物业服务公司",
    }
}
