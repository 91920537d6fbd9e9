//! All services in one process: each has a door, and links into the doors of the others.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use access::Issuer;

use super::{Link, Links};
use crate::door::Door;

/// The doors of all services of this process, set as they start. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mesh(Arc<BTreeMap<String, Arc<OnceLock<Door>>>>);

impl Mesh {
    /// Empty places for the doors of these services.
    #[must_use]
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(Arc::new(
            names
                .into_iter()
                .map(|name| (name.to_owned(), Arc::default()))
                .collect(),
        ))
    }

    /// The links of a service that signs with this issuer.
    #[must_use]
    pub fn links(&self, issuer: &Issuer) -> Links {
        let link = |(name, door): (&String, &Arc<OnceLock<Door>>)| {
            Link::local(name, door.clone(), Some(issuer.clone()))
        };
        Links::of(self.0.iter().map(link))
    }

    /// Sets the door of a service; from now on it answers. A door is set once.
    pub fn open(&self, name: &str, door: Door) {
        let set = self.0.get(name).map(|place| place.set(door));
        if !matches!(set, Some(Ok(()))) {
            tracing::error!(name, "a door of no place, or opened twice");
        }
    }
}
