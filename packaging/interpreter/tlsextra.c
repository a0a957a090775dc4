// SPDX-License-Identifier: MIT
// The module tlsextra: what MicroPython's tls leaves out of mbedTLS.
//
// The objects of tls are opaque, so the linker's --wrap puts these functions between tls and mbedTLS. A
// server that is named by its address gets no server name (RFC 6066, section 3), and its certificate
// must have that address as an IP address: mbedTLS alone would take a name that reads like it.

#define MBEDTLS_ALLOW_PRIVATE_ACCESS

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/oid.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform_util.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"
#include "py/runtime.h"

#define MOST_ADDRESS 16 // bytes, of IPv6
#define MOST_NAMES 200
#define MOST_PROTOCOL 64
#define MOST_PASSWORD 256

int __real_mbedtls_ssl_set_hostname(mbedtls_ssl_context *ssl, const char *name);
int __real_mbedtls_ssl_read(mbedtls_ssl_context *ssl, unsigned char *buffer, size_t size);
int __real_mbedtls_ssl_write(mbedtls_ssl_context *ssl, const unsigned char *buffer, size_t size);
void __real_mbedtls_ssl_free(mbedtls_ssl_context *ssl);
int __real_mbedtls_ssl_config_defaults(mbedtls_ssl_config *conf, int endpoint, int transport, int preset);
int __real_mbedtls_pk_parse_key(mbedtls_pk_context *pk, const unsigned char *key, size_t size,
                                const unsigned char *password, size_t password_size,
                                int (*random)(void *, unsigned char *, size_t), void *state);

typedef struct {
    size_t size; // 0: a name, which mbedTLS checks
    uint8_t bytes[MOST_ADDRESS];
} address_t;

static int last_alert = -1;
static int last_key_error;
static char last_names[MOST_NAMES];
static unsigned char password[MOST_PASSWORD];
static size_t password_size;
static char protocol[MOST_PROTOCOL]; // contexts point to it
static bool uses_protocol;
static const char *const protocols[] = { protocol, NULL };

// Adds a name of the certificate, with only what can be printed, to the list for messages.
static void note_name(const char *text, size_t size) {
    size_t used = strlen(last_names);
    if (used + size + 3 > sizeof(last_names)) {
        return;
    }
    if (used > 0) {
        used += (size_t)sprintf(last_names + used, ", ");
    }
    for (size_t i = 0; i < size; i++) {
        last_names[used++] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
    }
    last_names[used] = '\0';
}

// mbedTLS calls it for each certificate of the chain, the server's own (depth 0) last.
static int verify(void *argument, mbedtls_x509_crt *crt, int depth, uint32_t *flags) {
    const address_t *address = argument;
    if (depth != 0) {
        return 0;
    }
    last_names[0] = '\0';
    bool matches = false;
    const bool has_names = mbedtls_x509_crt_has_ext_type(crt, MBEDTLS_X509_EXT_SUBJECT_ALT_NAME);
    for (const mbedtls_x509_sequence *s = has_names ? &crt->subject_alt_names : NULL; s != NULL;
         s = s->next) {
        const int type = s->buf.tag & MBEDTLS_ASN1_TAG_VALUE_MASK;
        if (type == MBEDTLS_X509_SAN_DNS_NAME) {
            note_name((const char *)s->buf.p, s->buf.len);
        } else if (type == MBEDTLS_X509_SAN_IP_ADDRESS && (s->buf.len == 4 || s->buf.len == 16)) {
            char text[INET6_ADDRSTRLEN] = "";
            inet_ntop(s->buf.len == 4 ? AF_INET : AF_INET6, s->buf.p, text, sizeof(text));
            note_name(text, strlen(text));
            matches |= s->buf.len == address->size && memcmp(s->buf.p, address->bytes, address->size) == 0;
        }
    }
    for (const mbedtls_x509_name *n = has_names ? NULL : &crt->subject; n != NULL; n = n->next) {
        if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &n->oid) == 0) {
            note_name((const char *)n->val.p, n->val.len);
        }
    }
    if (address->size != 0 && !matches) {
        *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
    }
    return 0;
}

int __wrap_mbedtls_ssl_set_hostname(mbedtls_ssl_context *ssl, const char *name) {
    address_t *address = calloc(1, sizeof(*address));
    if (address == NULL) {
        return MBEDTLS_ERR_SSL_ALLOC_FAILED;
    }
    if (inet_pton(AF_INET, name, address->bytes) == 1) {
        address->size = 4;
    } else if (inet_pton(AF_INET6, name, address->bytes) == 1) {
        address->size = 16;
    }
    free(mbedtls_ssl_get_user_data_p(ssl));
    mbedtls_ssl_set_user_data_p(ssl, address);
    mbedtls_ssl_set_verify(ssl, verify, address);
    last_alert = -1;
    last_names[0] = '\0';
    return __real_mbedtls_ssl_set_hostname(ssl, address->size != 0 ? NULL : name);
}

void __wrap_mbedtls_ssl_free(mbedtls_ssl_context *ssl) {
    free(mbedtls_ssl_get_user_data_p(ssl));
    mbedtls_ssl_set_user_data_p(ssl, NULL);
    __real_mbedtls_ssl_free(ssl);
}

static int noting_alert(mbedtls_ssl_context *ssl, int result) {
    if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && ssl->in_msg != NULL) {
        last_alert = ssl->in_msg[1];
    }
    return result;
}

int __wrap_mbedtls_ssl_read(mbedtls_ssl_context *ssl, unsigned char *buffer, size_t size) {
    return noting_alert(ssl, __real_mbedtls_ssl_read(ssl, buffer, size));
}

int __wrap_mbedtls_ssl_write(mbedtls_ssl_context *ssl, const unsigned char *buffer, size_t size) {
    return noting_alert(ssl, __real_mbedtls_ssl_write(ssl, buffer, size));
}

int __wrap_mbedtls_ssl_config_defaults(mbedtls_ssl_config *conf, int endpoint, int transport, int preset) {
    const int result = __real_mbedtls_ssl_config_defaults(conf, endpoint, transport, preset);
    if (result != 0 || !uses_protocol) {
        return result;
    }
    return mbedtls_ssl_conf_alpn_protocols(conf, (const char **)protocols);
}

int __wrap_mbedtls_pk_parse_key(mbedtls_pk_context *pk, const unsigned char *key, size_t size,
                                const unsigned char *unused, size_t unused_size,
                                int (*random)(void *, unsigned char *, size_t), void *state) {
    (void)unused;
    (void)unused_size;
    last_key_error = __real_mbedtls_pk_parse_key(pk, key, size, password_size != 0 ? password : NULL,
                                                 password_size, random, state);
    return last_key_error;
}

// alert(): the number of the alert with which the last server ended TLS, or -1.
static mp_obj_t tlsextra_alert(void) {
    return mp_obj_new_int(last_alert);
}
static MP_DEFINE_CONST_FUN_OBJ_0(tlsextra_alert_obj, tlsextra_alert);

// names(): the names and addresses of the last certificate that a server showed, as a text.
static mp_obj_t tlsextra_names(void) {
    return mp_obj_new_str(last_names, strlen(last_names));
}
static MP_DEFINE_CONST_FUN_OBJ_0(tlsextra_names_obj, tlsextra_names);

// key_error(): mbedTLS's error number of the key that was loaded last, 0 without one.
static mp_obj_t tlsextra_key_error(void) {
    return mp_obj_new_int(last_key_error);
}
static MP_DEFINE_CONST_FUN_OBJ_0(tlsextra_key_error_obj, tlsextra_key_error);

// passphrase(bytes): of the keys that are loaded from now on; b"" for none.
static mp_obj_t tlsextra_passphrase(mp_obj_t value) {
    mp_buffer_info_t info;
    mp_get_buffer_raise(value, &info, MP_BUFFER_READ);
    if (info.len > sizeof(password)) {
        mp_raise_ValueError(NULL);
    }
    mbedtls_platform_zeroize(password, sizeof(password));
    memcpy(password, info.buf, info.len);
    password_size = info.len;
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(tlsextra_passphrase_obj, tlsextra_passphrase);

// alpn(name): the protocol that the contexts made from now on ask for (RFC 7301); "" for none. There is
// one name a process: a context that has one takes the next one too.
static mp_obj_t tlsextra_alpn(mp_obj_t value) {
    size_t size;
    const char *name = mp_obj_str_get_data(value, &size);
    if (size >= sizeof(protocol)) {
        mp_raise_ValueError(NULL);
    }
    uses_protocol = size != 0;
    if (uses_protocol) {
        memcpy(protocol, name, size);
        protocol[size] = '\0';
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(tlsextra_alpn_obj, tlsextra_alpn);

static const mp_rom_map_elem_t tlsextra_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR_tlsextra) },
    { MP_ROM_QSTR(MP_QSTR_alert), MP_ROM_PTR(&tlsextra_alert_obj) },
    { MP_ROM_QSTR(MP_QSTR_names), MP_ROM_PTR(&tlsextra_names_obj) },
    { MP_ROM_QSTR(MP_QSTR_key_error), MP_ROM_PTR(&tlsextra_key_error_obj) },
    { MP_ROM_QSTR(MP_QSTR_passphrase), MP_ROM_PTR(&tlsextra_passphrase_obj) },
    { MP_ROM_QSTR(MP_QSTR_alpn), MP_ROM_PTR(&tlsextra_alpn_obj) },
};
static MP_DEFINE_CONST_DICT(tlsextra_globals, tlsextra_table);

const mp_obj_module_t tlsextra_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&tlsextra_globals,
};
MP_REGISTER_MODULE(MP_QSTR_tlsextra, tlsextra_module);
