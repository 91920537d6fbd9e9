//! Members: rows of an import, members as they are shown.

use kernel::{Day, Refusal, RpcError};
use proto::{
    kernel::v1::ExternalId,
    member::v1::{Member, MemberRow, Standing as WireStanding},
};
use seal::Keyring;
use wire::Fields;

use crate::{
    domain::{
        codes,
        identity::{IdentityNumber, masked},
        intake::Candidate,
        membership::{Dates, Standing, Stay},
        person::{Key, Particulars, Person},
    },
    error::MemberError,
    sealing,
    store::persons::{Kept, Seen, span},
};

/// A row of an import, read.
pub struct Row {
    /// Line of the file.
    pub line: u32,
    /// The identity number: to be sealed.
    pub identity: IdentityNumber,
    /// What the rules judge.
    pub candidate: Candidate,
}

/// Reads a row; every wrong field is named.
pub fn row(row: &MemberRow, keys: &Keyring, today: Day) -> Result<Row, Refusal> {
    let mut fields = Fields::new();
    let elsewhere = row
        .external_id
        .as_ref()
        .map(|id| (id.system.clone(), id.value.clone()));
    let external_id = fields.known("external_id", elsewhere);
    let identity = match IdentityNumber::read(&row.identity_number, today) {
        Ok(identity) => Some(identity),
        Err(broken) => {
            wrong(&mut fields, "identity_number", broken);
            None
        }
    };
    let sex = fields.known("sex", Some(row.sex).filter(|code| codes::is_sex(*code)));
    let missing_or =
        |code: &str, known: fn(&str) -> bool| (code.is_empty() || known(code)).then(|| code.to_owned());
    let ethnic_group = fields.known(
        "ethnic_group",
        missing_or(&row.ethnic_group, codes::is_ethnic_group),
    );
    let education = fields.known("education", missing_or(&row.education, codes::is_education));
    if let (Some(number), Some(sex)) = (&identity, sex)
        && !number.is_of(sex)
    {
        wrong(&mut fields, "sex", MemberError::SexNotByIdentity);
    }
    let dates = dates(row, &mut fields);
    let branch = fields.parse("branch_id", &row.branch_id);
    let from = fields.day("branch_since", &row.branch_since);
    let until = fields.optional_day("branch_until", &row.branch_until);
    let past = [
        ("joined_on", dates.map(|dates| dates.joined_on)),
        ("full_on", dates.and_then(|dates| dates.full_on)),
        ("branch_since", from),
        ("branch_until", until),
    ];
    for (field, _) in past
        .into_iter()
        .filter(|(_, day)| day.is_some_and(|day| day > today))
    {
        wrong(&mut fields, field, MemberError::DayInFuture);
    }
    if row.name.trim().is_empty() {
        fields.wrong("name", "STRING_MIN_LEN", "姓名不能为空。");
    }
    let read = (|| {
        let identity = identity?;
        let particulars = Particulars {
            name: row.name.trim().to_owned(),
            sex: sex?,
            ethnic_group: ethnic_group?,
            education: education?,
            occupation: row.occupation.trim().to_owned(),
            born_on: identity.birthday(),
            dates: dates?,
            mobile: row.mobile,
        };
        let candidate = Candidate {
            external_id: external_id?,
            index: sealing::index(keys, &identity),
            phone: Some(row.phone.clone()).filter(|phone| !phone.is_empty()),
            particulars,
            full: row.standing() == WireStanding::Full,
            stay: Stay {
                branch: branch?,
                from: from?,
                until,
            },
        };
        Some(Row {
            line: row.line,
            identity,
            candidate,
        })
    })();
    fields.build(read)
}

/// Names the field by which a rule is broken.
pub(super) fn wrong(fields: &mut Fields, field: &str, broken: MemberError) {
    fields.wrong(field, broken.reason(), Refusal::from(broken).zh);
}

fn dates(row: &MemberRow, fields: &mut Fields) -> Option<Dates> {
    let joined_on = fields.day("joined_on", &row.joined_on);
    let since = fields.optional_day("leading_cadre_from", &row.leading_cadre_from);
    let branch_since = row.branch_since.parse().ok();
    let full_on = fields.optional_day("full_on", &row.full_on);
    let exempt_from = fields.optional_day("exempt_from", &row.exempt_from);
    let exempt_until = fields.optional_day("exempt_until", &row.exempt_until);
    let cadre_until = fields.optional_day("leading_cadre_until", &row.leading_cadre_until);
    if exempt_from.is_none() && exempt_until.is_some() {
        wrong(fields, "exempt_from", MemberError::StartMissing);
    }
    Some(Dates {
        joined_on: joined_on?,
        full_on,
        exempt_from,
        exempt_until,
        cadre_from: row.leading_cadre.then_some(since.or(branch_since)).flatten(),
        cadre_until: cadre_until.filter(|_| row.leading_cadre),
    })
}

/// A person out of his rows, his phone opened.
pub fn person(kept: &Kept, keys: &Keyring) -> Result<Person, RpcError> {
    let (row, mut index) = (&kept.person, [0; 32]);
    if row.identity_index.len() == index.len() {
        index.copy_from_slice(&row.identity_index);
    }
    let phone = row
        .phone_sealed
        .as_deref()
        .map(|bytes| sealing::open_phone(keys, row.id, bytes))
        .transpose()?;
    Ok(Person {
        id: row.id.into(),
        version: row.version.unsigned_abs(),
        particulars: row.particulars(),
        index,
        phone,
        external_ids: kept.external_ids.clone(),
        stays: kept.stays.clone(),
    })
}

/// A member as he is shown on a date: sensitive fields masked.
pub fn shown(seen: &Seen, on: Day, keys: &Keyring) -> Result<Member, RpcError> {
    let row = &seen.person;
    let identity = sealing::open_identity(keys, row.id, &row.identity_sealed)?;
    let phone = row
        .phone_sealed
        .as_deref()
        .map(|bytes| sealing::open_phone(keys, row.id, bytes))
        .transpose()?;
    let version = row.version.unsigned_abs();
    let stay = span(&seen.stay);
    Ok(Member {
        identity_number_masked: masked(&identity),
        phone_masked: phone.as_deref().map(masked).unwrap_or_default(),
        etag: wire::etag(row.id, version),
        version,
        ..member(row.id.into(), &row.particulars(), &stay, on, &seen.external_ids)
    })
}

/// A member as others learn of him: nothing of the sealed fields, not even masked.
#[must_use]
pub fn told(person: &Person, on: Day) -> Option<Member> {
    let stay = person.stay_on(on)?;
    Some(Member {
        etag: wire::etag(person.id.into(), person.version),
        version: person.version,
        ..member(person.id, &person.particulars, stay, on, &person.external_ids)
    })
}

fn member(id: kernel::id::PersonId, is: &Particulars, stay: &Stay, on: Day, elsewhere: &[Key]) -> Member {
    let external_ids = elsewhere.iter().map(|(system, value)| ExternalId {
        system: system.clone(),
        value: value.clone(),
    });
    let full_on = is.dates.full_on.filter(|full| *full <= on);
    Member {
        person_id: id.to_string(),
        name: is.name.clone(),
        sex: is.sex,
        ethnic_group: is.ethnic_group.clone(),
        education: is.education.clone(),
        born_on: is.born_on.to_string(),
        standing: standing(is.dates.standing(on)).into(),
        joined_on: is.dates.joined_on.to_string(),
        full_on: full_on.map(|day| day.to_string()).unwrap_or_default(),
        branch_id: stay.branch.to_string(),
        branch_since: stay.from.to_string(),
        exempt: is.dates.exempt(on),
        leading_cadre: is.dates.cadre(on),
        mobile: is.mobile,
        external_ids: external_ids.collect(),
        ..Member::default()
    }
}

/// The contract's word for a standing.
#[must_use]
pub fn standing(standing: Standing) -> WireStanding {
    match standing {
        Standing::Probationary => WireStanding::Probationary,
        Standing::Full => WireStanding::Full,
    }
}

/// The day in a request, or today when it is left empty.
pub fn as_of(text: &str, today: Day) -> Result<Day, Refusal> {
    let mut fields = Fields::new();
    let asked = fields.optional_day("as_of", text);
    fields.done()?;
    Ok(asked.unwrap_or(today))
}

/// The index of an identity number that is looked for; one that nobody can have is a wrong field.
pub fn sought(text: &str, keys: &Keyring, today: Day) -> Result<[u8; 32], Refusal> {
    IdentityNumber::read(text, today)
        .map(|number| sealing::index(keys, &number))
        .map_err(|broken: MemberError| {
            let refusal = Refusal::from(broken);
            Refusal::field("identity_number", broken.reason(), refusal.zh)
        })
}
