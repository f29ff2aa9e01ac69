#include "engine/spec/usage.h"

namespace gmsactl::spec {

namespace {

constexpr std::string_view image = "mcr.microsoft.com/windows/servercore:ltsc2022";

/// A PowerShell, cmd or shell argument in double quotes. Names were checked by the manifest reader; a quote
/// in one would end the argument.
std::string argument(const std::string& text) {
  std::string plain;
  for (const char c : text)
    if (c != '"' && static_cast<unsigned char>(c) >= 0x20) plain += c;
  return "\"" + plain + "\"";
}

/// A T-SQL identifier in brackets.
std::string bracketed(const std::string& text) {
  std::string name = "[";
  for (const char c : text) {
    name += c;
    if (c == ']') name += ']';
  }
  return name + "]";
}

std::string docker(const UsageFacts& facts) {
  return "# The file is in the CredentialSpecs folder of the host. Network Service and Local System use " +
         facts.account +
         "\n# on the network; inside the container they keep their local names.\n"
         "docker run --security-opt " +
         argument("credentialspec=file://" + facts.file_name) +
         " --user \"NT AUTHORITY\\NETWORK SERVICE\" -it " + std::string(image) +
         " powershell\n"
         "\n# Inside, to see that it works:\n"
         "nltest /sc_verify:" +
         facts.dns_domain + "\nklist get krbtgt\n";
}

std::string swarm(const UsageFacts& facts) {
  return "# The config's name has the hash of its contents in it; gmsactl apply moves services to a new "
         "one.\n"
         "docker service create --name YOURSERVICE --label " +
         argument("gmsactl.account=" + facts.label) + " --credential-spec " +
         argument("config://" + facts.config_name) + " YOURIMAGE\n";
}

std::string compose(const UsageFacts& facts) {
  return "services:\n"
         "  yourservice:\n"
         "    image: yourimage\n"
         "    credential_spec:\n"
         "      # A name below CredentialSpecs of the host, without file:// before it.\n"
         "      file: " +
         argument(facts.file_name) + "\n";
}

std::string kubernetes(const UsageFacts& facts) {
  std::string text;
  const auto pod = [&](const std::string& name_space, const std::string& service_account) {
    text +=
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        "  name: yourapp\n"
        "  namespace: " +
        argument(name_space) +
        "\n"
        "spec:\n"
        "  selector:\n"
        "    matchLabels: {app: yourapp}\n"
        "  template:\n"
        "    metadata:\n"
        "      labels: {app: yourapp}\n"
        "    spec:\n"
        "      # May use the spec through a RoleBinding to the ClusterRole that gmsactl makes.\n"
        "      serviceAccountName: " +
        argument(service_account) +
        "\n"
        "      securityContext:\n"
        "        windowsOptions:\n"
        "          gmsaCredentialSpecName: " +
        argument(facts.object_name) +
        "\n"
        "      nodeSelector:\n"
        "        kubernetes.io/os: windows\n"
        "      containers:\n"
        "        - name: yourapp\n"
        "          image: yourimage\n";
  };
  if (facts.bindings.empty()) pod("default", "default");
  for (const auto& binding : facts.bindings) {
    if (!text.empty()) text += "---\n";
    pod(binding.name_space, binding.service_account);
  }
  return text;
}

/// As an XML attribute's value.
std::string attribute(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '"')
      escaped += "&quot;";
    else
      escaped += c;
  }
  return "\"" + escaped + "\"";
}

std::string service_fabric(const UsageFacts& facts) {
  return "<!-- Of ServiceManifestImport in ApplicationManifest.xml. The file is in CredentialSpecs on every "
         "node. "
         "-->\n"
         "<Policies>\n"
         "  <ContainerHostPolicies CodePackageRef=\"Code\" Isolation=\"process\" Hostname=" +
         attribute(facts.account) +
         ">\n"
         "    <SecurityOption Value=" +
         attribute("credentialspec=file://" + facts.file_name) +
         "/>\n"
         "  </ContainerHostPolicies>\n"
         "</Policies>\n";
}

std::string iis(const UsageFacts& facts) {
  std::string text = "# In the Dockerfile. The app pool runs as Network Service, which is " + facts.account +
                     " on the network;\n# Windows stores no password for it.\n"
                     "RUN %windir%\\system32\\inetsrv\\appcmd.exe set AppPool DefaultAppPool "
                     "-processModel.identityType:NetworkService\n";
  text += "\n# Clients reach it through Kerberos under the names that the account has SPNs for";
  if (facts.service_principal_names.empty()) return text + "; it has none declared.\n";
  text += ":\n";
  for (const auto& name : facts.service_principal_names) text += "#   " + name + "\n";
  return text;
}

std::string service(const UsageFacts& facts) {
  return "# In the Dockerfile. The service runs as Network Service, which is " + facts.account +
         " on the network.\n"
         "RUN sc.exe config \"YourServiceName\" obj= \"NT AUTHORITY\\NETWORK SERVICE\" password= \"\"\n";
}

std::string console(const UsageFacts& facts) {
  return "# In the Dockerfile. The program runs as Network Service, which is " + facts.account +
         " on the network.\n"
         "USER \"NT AUTHORITY\\NETWORK SERVICE\"\n"
         "\n# Or once, in a container that runs:\n"
         "# docker exec -it --user \"NT AUTHORITY\\NETWORK SERVICE\" CONTAINER powershell\n";
}

std::string sql(const UsageFacts& facts) {
  return "-- On the SQL Server, which is a member of the domain or of one that trusts it.\n"
         "CREATE LOGIN " +
         bracketed(facts.netbios + "\\" + facts.account + "$") +
         " FROM WINDOWS;\n"
         "GO\n"
         "USE YourDatabase;\n"
         "CREATE USER " +
         bracketed(facts.account) + " FOR LOGIN " + bracketed(facts.netbios + "\\" + facts.account + "$") +
         ";\n"
         "ALTER ROLE db_datareader ADD MEMBER " +
         bracketed(facts.account) +
         ";\n"
         "GO\n"
         "-- Connection string, for a process that runs as Network Service or Local System in the "
         "container:\n"
         "-- Server=sql." +
         facts.dns_domain + ";Database=YourDatabase;Integrated Security=True;Encrypt=True\n";
}

}  // namespace

std::string usage(std::string_view kind, const UsageFacts& facts) {
  if (kind == "docker") return docker(facts);
  if (kind == "swarm") return swarm(facts);
  if (kind == "compose") return compose(facts);
  if (kind == "kubernetes") return kubernetes(facts);
  if (kind == "servicefabric") return service_fabric(facts);
  if (kind == "iis") return iis(facts);
  if (kind == "service") return service(facts);
  if (kind == "console") return console(facts);
  return sql(facts);
}

}  // namespace gmsactl::spec
