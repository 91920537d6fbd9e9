//! Field encryption, blind index, hashes and signatures with SM2, SM3 and SM4, behind one small interface.
