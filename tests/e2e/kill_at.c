/* Preloaded into gmsactl by kill.sh: ends it as kill -9 does, at the n-th request of it that writes to the directory.
 *
 * KILL_AT      before:N  instead of sending the N-th such request, which is right after the answer to the one before
 *              sent:N    as soon as it is sent; whether the server carries it out is left to chance
 * KILL_COUNT   file; one line is appended for each such request that is sent
 *
 * The requests are encrypted on the wire, so nothing that stands between client and server could count them. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <ldap.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int requests;

static int reached(const char *when, int number) {
  const char *at = getenv("KILL_AT");
  const size_t length = strlen(when);
  return at != NULL && strncmp(at, when, length) == 0 && at[length] == ':' && atoi(at + length + 1) == number;
}

static int begin(const char *name) {
  const int number = atomic_fetch_add(&requests, 1) + 1;
  if (reached("before", number)) kill(getpid(), SIGKILL);
  const char *path = getenv("KILL_COUNT");
  const int file = path == NULL ? -1 : open(path, O_WRONLY | O_APPEND | O_CREAT, 0600);
  if (file >= 0) {
    (void)!write(file, name, strlen(name));
    close(file);
  }
  return number;
}

static int sent(int number, int code) {
  if (reached("sent", number)) kill(getpid(), SIGKILL);
  return code;
}

int ldap_add_ext(LDAP *ld, const char *dn, LDAPMod **mods, LDAPControl **sc, LDAPControl **cc, int *id) {
  int (*real)(LDAP *, const char *, LDAPMod **, LDAPControl **, LDAPControl **, int *) = dlsym(RTLD_NEXT, "ldap_add_ext");
  const int number = begin("add\n");
  return sent(number, real(ld, dn, mods, sc, cc, id));
}

int ldap_modify_ext(LDAP *ld, const char *dn, LDAPMod **mods, LDAPControl **sc, LDAPControl **cc, int *id) {
  int (*real)(LDAP *, const char *, LDAPMod **, LDAPControl **, LDAPControl **, int *) = dlsym(RTLD_NEXT, "ldap_modify_ext");
  const int number = begin("modify\n");
  return sent(number, real(ld, dn, mods, sc, cc, id));
}

int ldap_rename(LDAP *ld, const char *dn, const char *rdn, const char *parent, int old, LDAPControl **sc, LDAPControl **cc, int *id) {
  int (*real)(LDAP *, const char *, const char *, const char *, int, LDAPControl **, LDAPControl **, int *) = dlsym(RTLD_NEXT, "ldap_rename");
  const int number = begin("rename\n");
  return sent(number, real(ld, dn, rdn, parent, old, sc, cc, id));
}

int ldap_delete_ext(LDAP *ld, const char *dn, LDAPControl **sc, LDAPControl **cc, int *id) {
  int (*real)(LDAP *, const char *, LDAPControl **, LDAPControl **, int *) = dlsym(RTLD_NEXT, "ldap_delete_ext");
  const int number = begin("delete\n");
  return sent(number, real(ld, dn, sc, cc, id));
}
