//! Frozen templates by their hash: the root, and those that cycles were opened with under an older program.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use kernel::{Fault, Refusal, RpcError};
use storage::Reading;

use crate::{
    domain::template::{FrozenTemplate, Template},
    store::templates,
};

/// Templates read once and kept. Cheap to clone; clones share them.
#[derive(Clone, Default)]
pub struct Templates(Arc<RwLock<HashMap<String, Arc<FrozenTemplate>>>>);

impl Templates {
    /// The template with this hash; NOT_FOUND when no cycle was ever opened with it.
    pub async fn get(&self, read: &impl Reading, hash: &str) -> Result<Arc<FrozenTemplate>, RpcError> {
        let kept = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(hash)
            .cloned();
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let bytes = templates::get(read, hash).await?.ok_or_else(Refusal::not_found)?;
        let template: Template =
            serde_json::from_slice(&bytes).map_err(|e| Fault::from("an unreadable template", e))?;
        let frozen = template.freeze().map_err(|problems| {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            Fault::new(format!("a kept template no longer passes the linter: {first}"))
        })?;
        if frozen.hash() != hash {
            return Err(Fault::new(format!("template {hash} now hashes to {}", frozen.hash())).into());
        }
        let frozen = Arc::new(frozen);
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash.to_owned(), frozen.clone());
        Ok(frozen)
    }
}
