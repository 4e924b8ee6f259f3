#ifndef BERT_COpenSSL_H
#define BERT_COpenSSL_H

#include <openssl/evp.h>

#endif
