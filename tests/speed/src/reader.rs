//! Who reads: somebody of the county's organization department, and which rows there are to be read.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use chrono::{DateTime, NaiveDate, Utc};
use kernel::{Role, id::OrganizationId};
use sqlx::{AssertSqlSafe, Connection, Row, postgres::PgConnection};
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use crate::{
    county::County,
    lab::Trouble,
    people::{Presented, signed_in},
    raw::Wire,
    rounds::Side,
};

/// So many different rows are asked for in turn.
const ROWS: i64 = 300;

/// Somebody who may read the whole county.
pub struct Reader {
    /// Where the county committee's path begins, and the first path behind all of the county.
    pub paths: (Vec<u8>, Vec<u8>),
    /// The day on which the county stands.
    pub today: NaiveDate,
    /// The time at which it stands.
    pub now: DateTime<Utc>,
    subject: String,
    root: OrganizationId,
    keys: PathBuf,
    url: String,
}

impl Reader {
    /// Finds him.
    ///
    /// # Errors
    /// When the county has nobody.
    pub async fn of(county: &County) -> Result<Self, Trouble> {
        let url = county.postgres.clone().unwrap_or_default();
        let now: DateTime<Utc> = county.now.parse().map_err(|_| Trouble("no time".into()))?;
        let today = now.date_naive();
        let mut db = PgConnection::connect(&url).await?;
        let found = sqlx::query(
            "SELECT role.subject, role.organization_id, org_scope.path FROM organization.role \
             JOIN organization.org_scope USING (organization_id) WHERE role.role = $1 AND role.valid_from <= $2 \
             AND (role.valid_until IS NULL OR role.valid_until >= $2) ORDER BY length(path) DESC, role.id LIMIT 1",
        )
        .bind(Role::OrgDept.code())
        .bind(today)
        .fetch_one(&mut db)
        .await?;
        let path: Vec<u8> = found.get(2);
        Ok(Self {
            paths: (path.clone(), behind(path)),
            today,
            now,
            subject: found.get::<Uuid, _>(0).to_string(),
            root: OrganizationId(found.get(1)),
            keys: county.keys(),
            url,
        })
    }

    /// His headers at the gateway's door.
    ///
    /// # Errors
    /// When there is no token.
    pub fn signed_in(&self) -> Result<MetadataMap, Trouble> {
        signed_in(&self.keys, &self.subject)
    }

    /// As the gateway presents him.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn presented(&self) -> Result<Presented, Trouble> {
        self.holding(Role::OrgDept)
    }

    /// The database.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same person with another role, as the gateway presents him.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub fn holding(&self, role: Role) -> Result<Presented, Trouble> {
        Presented::new(&self.keys, &self.subject, &[role], self.root)
    }

    /// The county committee.
    #[must_use]
    pub fn root(&self) -> String {
        self.root.to_string()
    }

    /// Its id.
    #[must_use]
    pub fn committee(&self) -> Uuid {
        self.root.into()
    }

    /// Ids of rows; `$committee` stands for the county committee.
    ///
    /// # Errors
    /// When there are none.
    pub async fn ids(&self, select: &str) -> Result<Vec<String>, Trouble> {
        let mut db = PgConnection::connect(&self.url).await?;
        let select = select.replace("$committee", &format!("'{}'", self.root));
        let select = AssertSqlSafe(format!("{select} LIMIT {ROWS}"));
        let rows = sqlx::query(select).fetch_all(&mut db).await?;
        if rows.is_empty() {
            return Err(Trouble("nothing to read".into()));
        }
        Ok(rows.iter().map(|row| row.get::<Uuid, _>(0).to_string()).collect())
    }
}

/// The first path that lies behind everything below this one.
fn behind(mut path: Vec<u8>) -> Vec<u8> {
    while path.last() == Some(&u8::MAX) {
        path.pop();
    }
    if let Some(last) = path.last_mut() {
        *last += 1;
    }
    path
}

/// Asks one path with one message after the other.
#[derive(Clone)]
pub struct Asking {
    /// Of whom.
    pub wire: Wire,
    /// Which method.
    pub path: &'static str,
    /// The messages, in turn.
    pub messages: Arc<Vec<Bytes>>,
}

impl Asking {
    /// The side of a comparison, with these headers.
    pub fn side(self, headers: impl Fn() -> Result<MetadataMap, Trouble> + Send + Sync + 'static) -> Side {
        let headers = Arc::new(headers);
        Arc::new(move |n| {
            let (asking, headers) = (self.clone(), headers.clone());
            Box::pin(async move { asking.one(n, headers()?).await.map(drop) })
        })
    }

    /// The answer to the `n`th message.
    ///
    /// # Errors
    /// When it is refused.
    pub async fn one(&self, n: u64, headers: MetadataMap) -> Result<Bytes, Trouble> {
        let at = usize::try_from(n).unwrap_or_default() % self.messages.len();
        let answer = self
            .wire
            .ask(n, self.path, headers, self.messages[at].clone())
            .await;
        answer.map_err(|status| Trouble(format!("{}: {:?} {}", self.path, status.code(), status.message())))
    }

    /// How long an answer is, in the middle of the first ones.
    ///
    /// # Errors
    /// When one is refused.
    pub async fn length(&self, headers: &MetadataMap) -> Result<usize, Trouble> {
        let mut lengths = Vec::new();
        for n in 0..25 {
            lengths.push(self.one(n, headers.clone()).await?.len());
        }
        lengths.sort_unstable();
        Ok(lengths[lengths.len() / 2])
    }
}
