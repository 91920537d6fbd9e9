//! One door: sign-in, three dialects from the descriptors, compositions.
