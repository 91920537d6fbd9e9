//! The process engine: a procedure is data, judged by one pure function, kept by a store that only appends.
