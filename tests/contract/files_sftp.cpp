// The files suite on the lab's SSH server.
#include "providers/transport/sftp/sftp_folder.h"
#include "tests/contract/files/contract.h"
#include "tests/contract/lab.h"

namespace gmsactl::contract {

Place open_place() {
  Place place;
  place.path = lab::variable("GMSACTL_LAB_HOSTS_FOLDER");
  if (place.path.empty())
    place.skip = "the lab has no hosts: ./dev lab up hosts, then ./dev lab run -- ctest";
  place.root = place.path;
  place.open = [](const std::string& path) {
    sftp::Options options;
    options.host = "host01.contoso.com";
    options.username = "root";
    options.authentication = sftp::Authentication::key;
    options.identity_file = lab::variable("GMSACTL_LAB_HOSTS_KEY");
    options.known_hosts_file = lab::variable("GMSACTL_LAB_HOSTS_KNOWN_HOSTS");
    return sftp::open_folder(options, path);
  };
  return place;
}

}  // namespace gmsactl::contract
