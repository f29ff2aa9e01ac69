/* Preloaded into load.py: Samba's own PBKDF2 takes nine tenths of the time of adding an account. This one gives the same
 * keys, with the processor's SHA instructions, through the OpenSSL that is on every Debian. */
#include <dlfcn.h>
#include <stddef.h>

typedef int (*Derive)(const char*, int, const unsigned char*, int, int, const void*, int, unsigned char*);
typedef const void* (*Digest)(void);
typedef size_t (*DigestSize)(const void*);

int hc_PKCS5_PBKDF2_HMAC(const void* password, size_t password_size, const void* salt, size_t salt_size,
                         unsigned long iterations, const void* digest, size_t key_size, void* key) {
  static void *library, *heimdal;
  if (!library) library = dlopen("libcrypto.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!heimdal) heimdal = dlopen("libhcrypto-private-samba.so.0", RTLD_NOW | RTLD_NOLOAD);
  if (!library || !heimdal) return 0;
  const DigestSize size_of = (DigestSize)dlsym(heimdal, "hc_EVP_MD_size");
  if (!size_of) return 0;
  const size_t size = size_of(digest);
  const char* name = size == 20 ? "EVP_sha1" : size == 32 ? "EVP_sha256" : size == 48 ? "EVP_sha384" : NULL;
  if (!name) return 0;
  const Derive derive = (Derive)dlsym(library, "PKCS5_PBKDF2_HMAC");
  const Digest sha = (Digest)dlsym(library, name);
  if (!derive || !sha) return 0;
  return derive(password, (int)password_size, salt, (int)salt_size, (int)iterations, sha(), (int)key_size, key);
}
