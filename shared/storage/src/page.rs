//! Keyset pages: a page goes on behind the key of its last row, however many rows come and go in between.

use kernel::RpcError;
use sea_orm::{EntityTrait, FromQueryResult, IntoIdentity, Select, sea_query::IntoValueTuple};

use crate::{connection::Reading, fault::fault};

/// Rows on a page when the request does not say.
const USUAL: u64 = 50;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<M> {
    /// Its rows, in order of the key.
    pub rows: Vec<M>,
    /// Whether rows follow.
    pub more: bool,
}

/// The size of a page from `page_size`: 50 when 0, at most `most`.
#[must_use]
pub fn size(asked: i32, most: u64) -> u64 {
    match u64::try_from(asked) {
        Ok(0) | Err(_) => USUAL.min(most),
        Ok(size) => size.min(most),
    }
}

/// The first `size` rows behind `after`, in ascending order of the columns `by`, which together are unique:
/// `page::first(read, meeting::Entity::find(), (Column::HeldOn, Column::Id), last, size)`.
pub async fn first<E, C, V>(
    read: &impl Reading,
    select: Select<E>,
    by: C,
    after: Option<V>,
    size: u64,
) -> Result<Page<E::Model>, RpcError>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Send + Sync,
    C: IntoIdentity,
    V: IntoValueTuple,
{
    let mut cursor = select.cursor_by(by);
    if let Some(after) = after {
        cursor.after(after);
    }
    cut(cursor.first(size + 1).all(read.db()).await.map_err(fault)?, size)
}

/// The same from the other end: the last `size` rows before `before`, in descending order.
pub async fn newest<E, C, V>(
    read: &impl Reading,
    select: Select<E>,
    by: C,
    before: Option<V>,
    size: u64,
) -> Result<Page<E::Model>, RpcError>
where
    E: EntityTrait,
    E::Model: FromQueryResult + Send + Sync,
    C: IntoIdentity,
    V: IntoValueTuple,
{
    let mut cursor = select.cursor_by(by);
    cursor.desc();
    if let Some(before) = before {
        cursor.after(before);
    }
    cut(cursor.first(size + 1).all(read.db()).await.map_err(fault)?, size)
}

fn cut<M>(mut rows: Vec<M>, size: u64) -> Result<Page<M>, RpcError> {
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    let more = rows.len() > size;
    rows.truncate(size);
    Ok(Page { rows, more })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_never_larger_than_allowed_and_never_empty_by_request() {
        assert_eq!(
            [size(0, 500), size(-3, 500), size(7, 500), size(900, 500)],
            [50, 50, 7, 500]
        );
    }

    #[test]
    fn one_row_more_than_asked_for_tells_that_rows_follow() {
        assert_eq!(
            cut(vec![1, 2, 3], 2).unwrap(),
            Page {
                rows: vec![1, 2],
                more: true
            }
        );
        assert_eq!(
            cut(vec![1, 2], 2).unwrap(),
            Page {
                rows: vec![1, 2],
                more: false
            }
        );
    }
}
