//! Between the contract and the rows.

use access::{Stood, range::ids};
use kernel::{Day, Domain, FieldError, Instant, Level, OrganizationKind, id::OrganizationId};
use proto::{
    kernel::v1::ExternalId,
    organization::v1::{Office as WireOffice, Organization, OrganizationRow, Post},
};
use wire::words;

use crate::{
    domain::{branch::Office, change::Place, tree::Candidate},
    store::posts::Kept,
};

/// An organization as it stands in a span of days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The organization.
    pub id: OrganizationId,
    /// First day of its existence.
    pub founded_on: Day,
    /// Last day of its existence.
    pub dissolved_on: Option<Day>,
    /// Administrative code.
    pub admin_code: String,
    /// Edition year of the code.
    pub admin_edition: i32,
    /// Whether it leads its village or community.
    pub leads_area: bool,
    /// Rises with each change.
    pub version: u64,
    /// Since when it stands so.
    pub valid_from: Day,
    /// The organization above.
    pub parent: Option<OrganizationId>,
    /// The 16-byte ids from the root.
    pub path: Vec<u8>,
    /// Full name.
    pub name: String,
    /// Kind.
    pub kind: OrganizationKind,
    /// Level of a local committee.
    pub level: Option<Level>,
    /// Domain of a branch.
    pub domain: Option<Domain>,
    /// When it was recorded.
    pub recorded_at: Instant,
}

/// What is known of an organization beside its own row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// Its ids in other systems.
    pub external_ids: Vec<ExternalId>,
    /// How many units it covers.
    pub covered_units: i32,
}

impl Standing {
    /// As the contract writes it.
    #[must_use]
    pub fn wire(&self, beside: Beside) -> Organization {
        Organization {
            id: self.id.to_string(),
            name: self.name.clone(),
            kind: words::kind_number(self.kind),
            level: self.level.map_or(0, words::level_number),
            domain: self.domain.map_or(0, words::domain_number),
            parent_id: self.parent.map(|id| id.to_string()).unwrap_or_default(),
            path: ids(&self.path).map(|id| id.to_string()).collect(),
            founded_on: self.founded_on.to_string(),
            dissolved_on: self.dissolved_on.map(|day| day.to_string()).unwrap_or_default(),
            admin_code: self.admin_code.clone(),
            admin_edition: self.admin_edition,
            external_ids: beside.external_ids,
            covered_units: beside.covered_units,
            leads_area: self.leads_area,
            version: self.version,
            etag: self.etag(),
            earlier: Vec::new(),
        }
    }

    /// Changes when the record changes.
    #[must_use]
    pub fn etag(&self) -> String {
        wire::etag(self.id.into(), self.version)
    }

    /// What it is, as the rules of the tree see it.
    #[must_use]
    pub fn candidate(&self) -> Candidate {
        Candidate {
            kind: self.kind,
            level: self.level,
            domain: self.domain,
            founded_on: self.founded_on,
            dissolved_on: self.dissolved_on,
        }
    }

    /// What it is and where, as the rules of a move see it.
    #[must_use]
    pub fn place(&self) -> Place {
        Place {
            path: ids(&self.path).collect(),
            who: self.candidate(),
        }
    }

    /// Whether it has stood elsewhere or been something else before.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.valid_from != self.founded_on
    }

    /// As the scope index knows it, with what it was before.
    #[must_use]
    pub fn node(&self, earlier: Vec<Stood>) -> access::Node {
        access::Node {
            id: self.id,
            path: self.path.clone().into(),
            kind: self.kind,
            level: self.level,
            domain: self.domain,
            founded_on: self.founded_on,
            dissolved_on: self.dissolved_on,
            earlier: earlier.into(),
        }
    }

    /// Whether a row calls it otherwise, or says that it is something else: that holds from a day on.
    #[must_use]
    pub fn is_renamed(&self, row: &Row) -> bool {
        let now = &row.candidate;
        (&self.name, self.kind, self.level, self.domain) != (&row.name, now.kind, now.level, now.domain)
    }

    /// Whether a row says the same as is known.
    #[must_use]
    pub fn says(&self, row: &Row) -> bool {
        self.name == row.name
            && self.kind == row.candidate.kind
            && self.level == row.candidate.level
            && self.domain == row.candidate.domain
            && self.founded_on == row.candidate.founded_on
            && self.dissolved_on == row.candidate.dissolved_on
            && self.admin_code == row.admin_code
            && self.admin_edition == row.admin_edition
            && self.leads_area == row.leads_area
    }
}

/// A row of an import, read.
#[derive(Debug, Clone)]
pub struct Row {
    /// Line of the file.
    pub line: u32,
    /// Its id elsewhere, `(system, value)`.
    pub external_id: (String, String),
    /// The parent's id there.
    pub parent: (String, String),
    /// Full name.
    pub name: String,
    /// What the rules judge.
    pub candidate: Candidate,
    /// Administrative code.
    pub admin_code: String,
    /// Edition year.
    pub admin_edition: i32,
    /// Whether it leads its area.
    pub leads_area: bool,
}

/// Reads a row; every wrong field is named.
pub fn row(row: &OrganizationRow) -> Result<Row, kernel::Refusal> {
    let mut fields = wire::Fields::new();
    let key = |id: &Option<ExternalId>| id.as_ref().map(|id| (id.system.clone(), id.value.clone()));
    let founded_on = fields.day("founded_on", &row.founded_on);
    let dissolved_on = fields.optional_day("dissolved_on", &row.dissolved_on);
    let kind = fields.known("kind", words::kind(row.kind));
    let external_id = fields.known("external_id", key(&row.external_id));
    let parent = fields.known("parent", key(&row.parent));
    let name = row.name.trim();
    if name.chars().count() < 2 {
        fields.push(FieldError {
            field: "name".to_owned(),
            reason: "STRING_MIN_LEN".into(),
            zh: "名称至少 2 个字，空格不算。".to_owned(),
        });
    }
    let read = (|| {
        Some(Row {
            line: row.line,
            external_id: external_id?,
            parent: parent?,
            name: name.to_owned(),
            candidate: Candidate {
                kind: kind?,
                level: words::level(row.level),
                domain: words::domain(row.domain),
                founded_on: founded_on?,
                dissolved_on,
            },
            admin_code: row.admin_code.clone(),
            admin_edition: row.admin_edition,
            leads_area: row.leads_area,
        })
    })();
    fields.build(read)
}

/// A post's kind; `None` for unspecified and unknown ones.
#[must_use]
pub fn office(number: i32) -> Option<Office> {
    Some(match WireOffice::try_from(number).ok()? {
        WireOffice::Secretary => Office::Secretary,
        WireOffice::Deputy => Office::Deputy,
        WireOffice::Organisation => Office::Organisation,
        WireOffice::Publicity => Office::Publicity,
        WireOffice::Discipline => Office::Discipline,
        WireOffice::GroupLeader => Office::GroupLeader,
        WireOffice::Worker => Office::Worker,
        WireOffice::Unspecified => return None,
    })
}

fn office_number(office: Office) -> i32 {
    let wire = match office {
        Office::Secretary => WireOffice::Secretary,
        Office::Deputy => WireOffice::Deputy,
        Office::Organisation => WireOffice::Organisation,
        Office::Publicity => WireOffice::Publicity,
        Office::Discipline => WireOffice::Discipline,
        Office::GroupLeader => WireOffice::GroupLeader,
        Office::Worker => WireOffice::Worker,
    };
    wire.into()
}

/// A holding as the contract writes it.
#[must_use]
pub fn post(kept: &Kept) -> Post {
    Post {
        id: kept.id.to_string(),
        organization_id: kept.organization.to_string(),
        office: office_number(kept.office),
        person_id: kept.person.to_string(),
        from: kept.span.from.to_string(),
        until: kept.span.until.map(|day| day.to_string()).unwrap_or_default(),
        filing: kept.filing.clone(),
    }
}
