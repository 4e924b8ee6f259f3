#ifndef BERT_CBUILD_H
#define BERT_CBUILD_H

/// The commit that the program was built from, as the variable BERT_COMMIT of the build's environment named it (the
/// Makefile asks git); "unknown" otherwise.
const char *bert_commit(void);

#endif
