//! What stands above what: relations of one case that always, or possibly, lead to an organization above another.

use kernel::Relation;

/// Whether what stands in the one relation always lies below what stands in the other.
pub(super) fn is_below(one: Relation, other: Relation) -> bool {
    use Relation as R;
    match one {
        R::Own => is_above_own(other),
        R::Parent | R::Superior => other == R::Upper,
        R::County => matches!(other, R::City | R::Province),
        R::City => other == R::Province,
        _ => false,
    }
}

/// Whether it can lie below it: the superior of a branch may be the county's committee, and mostly is a town's.
pub(super) fn may_be_below(one: Relation, other: Relation) -> bool {
    use Relation as R;
    let near = matches!(one, R::Parent | R::Superior);
    is_below(one, other) || (near && matches!(other, R::County | R::City | R::Province))
}

fn is_above_own(relation: Relation) -> bool {
    use Relation as R;
    matches!(
        relation,
        R::Parent | R::Superior | R::Upper | R::County | R::City | R::Province | R::Ancestor | R::Common
    )
}
