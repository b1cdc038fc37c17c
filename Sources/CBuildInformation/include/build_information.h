#ifndef TESSERA_BUILD_INFORMATION_H
#define TESSERA_BUILD_INFORMATION_H

/// The first 12 digits of the commit that the program was built from, with `-dirty` behind it where
/// sources were changed since; empty outside a repository, as in an unpacked archive.
///
/// `scripts/embed-commit` writes it down before each build.
const char *tessera_commit(void);

#endif
