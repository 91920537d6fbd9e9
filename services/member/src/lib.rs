//! Persons, membership, development, dues and training hours.
