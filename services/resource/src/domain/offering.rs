//! What may stand in a library, and what may be booked of it by whom (S-209, S-210, R-215).

use kernel::id::{OrganizationId, ResourceId};
use uuid::Uuid;

use super::span::Line;
use crate::error::ResourceError;

/// The four libraries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// 师资: exclusive in time.
    Trainer,
    /// 阵地: seats in time; refers to a site of organization (trap 18).
    Venue,
    /// 学习资料: copies lent for a span of days.
    Material,
    /// 课程: exclusive or with seats in time.
    Course,
}

impl Kind {
    /// Every library.
    pub const ALL: [Kind; 4] = [Self::Trainer, Self::Venue, Self::Material, Self::Course];

    /// As it stands in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Trainer => "trainer",
            Self::Venue => "venue",
            Self::Material => "material",
            Self::Course => "course",
        }
    }
}

/// Standing of an offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// Not admitted yet.
    Proposed,
    /// Bookable.
    Admitted,
    /// No longer bookable.
    Retired,
}

impl Standing {
    /// Every standing.
    pub const ALL: [Standing; 3] = [Self::Proposed, Self::Admitted, Self::Retired];

    /// As it stands in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Admitted => "admitted",
            Self::Retired => "retired",
        }
    }
}

/// What an import says of an offering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Its library.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// The organization that owns it; its subtree is the service area.
    pub owner: OrganizationId,
    /// 1: exclusive in time; more: seats or copies.
    pub capacity: u32,
    /// The site of organization, for venues.
    pub site: Option<Uuid>,
    /// Words to be found by.
    pub subjects: Vec<String>,
}

impl Card {
    /// A trainer is one person; a venue, and nothing else, stands on a site.
    pub fn check(&self) -> Result<(), ResourceError> {
        if self.kind == Kind::Trainer && self.capacity != 1 {
            return Err(ResourceError::CapacityNotOfKind);
        }
        match (self.kind, self.site) {
            (Kind::Venue, None) => Err(ResourceError::SiteMissing),
            (Kind::Venue, Some(_)) | (_, None) => Ok(()),
            (_, Some(_)) => Err(ResourceError::SiteNotOfKind),
        }
    }
}

/// An offering of a library.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offering {
    /// Names it.
    pub id: ResourceId,
    /// What it is.
    pub card: Card,
    /// Its standing.
    pub standing: Standing,
    /// Sum of the grades given.
    pub grades: u64,
    /// How many grades were given.
    pub graded: u64,
    /// Rises with each change.
    pub version: u64,
}

impl Offering {
    /// A new one, proposed: nobody books it before it is admitted (S-209).
    #[must_use]
    pub fn propose(id: ResourceId, card: Card) -> Self {
        Self {
            id,
            card,
            standing: Standing::Proposed,
            grades: 0,
            graded: 0,
            version: 1,
        }
    }

    /// Whether only one booking has it at a time.
    #[must_use]
    pub fn exclusive(&self) -> bool {
        self.card.capacity == 1
    }

    /// Whether its service area reaches an organization with these ids from the root to itself.
    #[must_use]
    pub fn serves(&self, lineage: &[OrganizationId]) -> bool {
        lineage.contains(&self.card.owner)
    }

    /// Whether a line of it may be booked by whom it serves, as far as the offering itself decides.
    pub fn bookable(&self, line: &Line) -> Result<(), ResourceError> {
        match self.standing {
            Standing::Proposed => return Err(ResourceError::ResourceNotAdmitted),
            Standing::Retired => return Err(ResourceError::ResourceRetired),
            Standing::Admitted => {}
        }
        if self.exclusive() && line.quantity != 1 {
            return Err(ResourceError::QuantityNotOne);
        }
        Ok(())
    }

    /// The refusal when not enough of it is free.
    #[must_use]
    pub fn exhausted(&self) -> ResourceError {
        match self.card.kind {
            _ if self.exclusive() => ResourceError::ResourceTaken,
            Kind::Material => ResourceError::StockExhausted,
            Kind::Trainer | Kind::Venue | Kind::Course => ResourceError::SeatsExhausted,
        }
    }

    /// Admits what was proposed (入库); what is admitted stays so.
    pub fn admit(self) -> Result<Self, ResourceError> {
        self.moved(Standing::Admitted)
    }

    /// Takes it out of the library (出库): for good.
    pub fn retire(self) -> Result<Self, ResourceError> {
        self.moved(Standing::Retired)
    }

    fn moved(self, to: Standing) -> Result<Self, ResourceError> {
        match self.standing {
            same if same == to => Ok(self),
            Standing::Retired => Err(ResourceError::ResourceRetired),
            _ => Ok(Self {
                standing: to,
                version: self.version + 1,
                ..self
            }),
        }
    }

    /// With one grade more.
    #[must_use]
    pub fn graded_with(self, grade: u32) -> Self {
        let (grades, graded) = (self.grades + u64::from(grade), self.graded + 1);
        Self {
            grades,
            graded,
            version: self.version + 1,
            ..self
        }
    }

    /// Says anew what it is. Capacity falls only while nothing of it is booked ahead.
    pub fn correct(self, card: Card, booked_ahead: bool) -> Result<Self, ResourceError> {
        if card.kind != self.card.kind {
            return Err(ResourceError::KindChanged);
        }
        if booked_ahead && card.capacity < self.card.capacity {
            return Err(ResourceError::CapacityInUse);
        }
        Ok(Self {
            card,
            version: self.version + 1,
            ..self
        })
    }
}

#[cfg(test)]
mod tests {
    use kernel::Instant;

    use super::*;
    use crate::domain::span::Span;

    fn card(kind: Kind, capacity: u32) -> Card {
        let site = (kind == Kind::Venue).then(|| Uuid::from_u128(7));
        Card {
            kind,
            title: "示例".into(),
            owner: OrganizationId::new(),
            capacity,
            site,
            subjects: Vec::new(),
        }
    }

    fn admitted(kind: Kind, capacity: u32) -> Offering {
        Offering::propose(ResourceId::new(), card(kind, capacity))
            .admit()
            .expect("admitted")
    }

    fn line(of: &Offering, quantity: u32) -> Line {
        let start = Instant::default();
        Line {
            resource: of.id,
            span: Span {
                start,
                end: start + chrono::Duration::hours(1),
            },
            quantity,
        }
    }

    #[test]
    fn a_trainer_is_one_person_and_a_venue_stands_on_a_site() {
        assert_eq!(
            card(Kind::Trainer, 2).check(),
            Err(ResourceError::CapacityNotOfKind)
        );
        assert_eq!(
            Card {
                site: None,
                ..card(Kind::Venue, 9)
            }
            .check(),
            Err(ResourceError::SiteMissing)
        );
        let placed = Card {
            site: Some(Uuid::from_u128(7)),
            ..card(Kind::Course, 9)
        };
        assert_eq!(placed.check(), Err(ResourceError::SiteNotOfKind));
        for kind in Kind::ALL {
            assert_eq!(card(kind, 1).check(), Ok(()));
        }
    }

    #[test]
    fn an_offering_serves_its_owner_and_what_lies_below_it() {
        let offering = admitted(Kind::Trainer, 1);
        let here = [OrganizationId::new(), offering.card.owner, OrganizationId::new()];
        assert!(offering.serves(&here));
        assert!(!offering.serves(&[OrganizationId::new()]));
    }

    #[test]
    fn only_what_is_admitted_is_bookable() {
        let offering = admitted(Kind::Trainer, 1);
        assert_eq!(offering.bookable(&line(&offering, 1)), Ok(()));
        assert_eq!(
            offering.bookable(&line(&offering, 2)),
            Err(ResourceError::QuantityNotOne)
        );
        let proposed = Offering {
            standing: Standing::Proposed,
            ..offering.clone()
        };
        assert_eq!(
            proposed.bookable(&line(&offering, 1)),
            Err(ResourceError::ResourceNotAdmitted)
        );
        let retired = offering.clone().retire().expect("retired");
        assert_eq!(
            retired.bookable(&line(&offering, 1)),
            Err(ResourceError::ResourceRetired)
        );
        assert_eq!(retired.admit(), Err(ResourceError::ResourceRetired));
    }

    #[test]
    fn what_runs_out_is_named_after_what_it_is() {
        assert_eq!(
            admitted(Kind::Trainer, 1).exhausted(),
            ResourceError::ResourceTaken
        );
        assert_eq!(
            admitted(Kind::Material, 30).exhausted(),
            ResourceError::StockExhausted
        );
        assert_eq!(
            admitted(Kind::Venue, 30).exhausted(),
            ResourceError::SeatsExhausted
        );
    }

    #[test]
    fn capacity_falls_only_while_nothing_is_booked_ahead() {
        let venue = admitted(Kind::Venue, 30);
        let smaller = Card {
            capacity: 1,
            ..venue.card.clone()
        };
        assert_eq!(
            venue.clone().correct(smaller.clone(), true),
            Err(ResourceError::CapacityInUse)
        );
        assert_eq!(
            venue
                .clone()
                .correct(smaller, false)
                .map(|o| (o.card.capacity, o.version)),
            Ok((1, 3))
        );
        let larger = Card {
            capacity: 31,
            ..venue.card.clone()
        };
        assert!(venue.clone().correct(larger, true).is_ok());
        assert_eq!(
            venue.correct(card(Kind::Course, 30), false),
            Err(ResourceError::KindChanged)
        );
    }
}
