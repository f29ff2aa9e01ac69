#!/bin/sh
# snapshot.sh HOST DOMAIN_DN > directory.ldif
#
# Saves what a plan needs of a domain as LDIF, with ldapsearch and the Kerberos ticket at hand: any user may read it.
# No password and no key is in it.
set -eu
host=${1:?usage: snapshot.sh HOST DOMAIN_DN > directory.ldif}
domain=${2:?usage: snapshot.sh HOST DOMAIN_DN > directory.ldif}
services="CN=Services,CN=Configuration,$domain"

search() {
  ldapsearch -LLL -Q -N -Y GSSAPI -o ldif-wrap=no -E pr=1000/noprompt -H "ldap://$host" "$@"
}

# The domain itself: its SID, and where its containers are.
search -s base -b "$domain" '(objectClass=*)' objectClass objectGUID objectSid wellKnownObjects otherWellKnownObjects
# Accounts, groups, computers and users, with what is compared and what may be in the way of a name.
search -b "$domain" '(|(objectClass=user)(objectClass=group)(objectClass=organizationalUnit)(servicePrincipalName=*))' \
  objectClass objectGUID objectSid sAMAccountName userAccountControl dNSHostName servicePrincipalName groupType member \
  description displayName msDS-GroupMSAMembership msDS-ManagedPasswordInterval msDS-SupportedEncryptionTypes \
  msDS-AllowedToDelegateTo isCriticalSystemObject adminCount adminDescription
# The domain's names, its controllers, which service classes HOST stands for, and since when the root key serves.
search -b "CN=Partitions,CN=Configuration,$domain" '(objectClass=crossRef)' objectClass nCName dnsRoot nETBIOSName systemFlags
search -b "CN=Windows NT,$services" '(sPNMappings=*)' objectClass sPNMappings
search -b "CN=Group Key Distribution Service,$services" '(objectClass=msKds-ProvRootKey)' objectClass msKds-CreateTime \
  msKds-UseStartTime
