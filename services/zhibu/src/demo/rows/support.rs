//! Guarantees: terms of office, sites, fund lines with their movements, slots of the governance structure.

use kernel::Day;
use proto::organization::v1::{
    FundLine, FundMovement, GovernanceSlot, GuaranteeRow, Site, Term, guarantee_row::Record,
};

use super::{Sight, external, line, text};
use crate::county::posts::Body;

/// All guarantees that are new since the last stage.
#[must_use]
pub fn guarantees(sight: &Sight<'_>) -> Vec<(usize, GuaranteeRow)> {
    let mut sheaf = Sheaf {
        sight,
        rows: Vec::new(),
    };
    sheaf.terms();
    sheaf.sites();
    sheaf.funds();
    sheaf.slots();
    sheaf.rows
}

struct Sheaf<'a> {
    sight: &'a Sight<'a>,
    rows: Vec<(usize, GuaranteeRow)>,
}

impl Sheaf<'_> {
    fn add(&mut self, id: String, organization: usize, known_on: Day, record: impl FnOnce() -> Record) {
        if self.sight.now(known_on) {
            let row = GuaranteeRow {
                line: line(self.rows.len()),
                external_id: external(id),
                organization_id: self.sight.known.organization(organization),
                record: Some(record()),
            };
            self.rows.push((organization, row));
        }
    }

    fn id(&self, kind: &str, at: usize) -> String {
        format!("{}-{kind}{at:06}", self.sight.county.code)
    }

    fn terms(&mut self) {
        for (at, term) in self.sight.county.terms.iter().enumerate() {
            let id = self.id("n", at);
            self.add(id.clone(), term.organization, term.from, || {
                Record::Term(Term {
                    from: text(term.from),
                    until: text(term.until),
                    extended_until: term.extended_until.map(text).unwrap_or_default(),
                    committee: term.body == Body::Committee,
                    election_id: format!("{id}-election"),
                    extension_approval: term
                        .extended_until
                        .map(|_| format!("{id}-extension"))
                        .unwrap_or_default(),
                })
            });
        }
    }

    fn sites(&mut self) {
        for site in &self.sight.county.sites {
            self.add(site.external_id.clone(), site.branch, site.from, || {
                Record::Site(Site {
                    name: site.name.clone(),
                    functions: site
                        .functions
                        .iter()
                        .map(|function| function.code().into())
                        .collect(),
                    from: text(site.from),
                    until: String::new(),
                    shared_under: site.shared_under.clone().unwrap_or_default(),
                })
            });
        }
    }

    /// A line is known from the first day of the year, or of its branch.
    fn funds(&mut self) {
        let county = self.sight.county;
        let new_year = Day::from_ymd_opt(county.year, 1, 1).unwrap_or_default();
        for (at, fund) in county.fund_lines.iter().enumerate() {
            let since = county.organizations[fund.branch].founded.max(new_year);
            self.add(self.id("fl", at), fund.branch, since, || {
                Record::FundLine(FundLine {
                    line: fund.code.into(),
                    year: county.year,
                    standard_fen: fund.standard.0,
                })
            });
        }
        for (at, movement) in county.fund_movements.iter().enumerate() {
            let fund = &county.fund_lines[movement.line];
            self.add(self.id("fm", at), fund.branch, movement.on, || {
                Record::FundMovement(FundMovement {
                    line: fund.code.into(),
                    on: text(movement.on),
                    amount_fen: movement.amount.0,
                    purpose: movement
                        .purpose
                        .map(|purpose| purpose.code().into())
                        .unwrap_or_default(),
                    voucher: movement.voucher.clone().unwrap_or_default(),
                })
            });
        }
    }

    fn slots(&mut self) {
        for (at, slot) in self.sight.county.governance_slots.iter().enumerate() {
            self.add(self.id("gs", at), slot.organization, slot.since, || {
                Record::Slot(GovernanceSlot {
                    kind: slot.kind.code().into(),
                    body: slot.body.into(),
                    head_person_id: slot
                        .head
                        .map(|who| self.sight.known.person(who))
                        .unwrap_or_default(),
                    from: text(slot.since),
                    until: String::new(),
                    not_formed_reason: slot.not_formed.unwrap_or_default().into(),
                })
            });
        }
    }
}
