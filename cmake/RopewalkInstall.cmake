# cmake --install: headers as include/ropewalk/…, one static library a layer, the ropewalk command, a CMake package with one
# component a layer, and one pkg-config file a layer.
include(CMakePackageConfigHelpers)

set(ROPEWALK_COMPONENTS core protocols ssl clients servers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/ropewalk")

# What is private lives in folders named detail, and no public header includes it; the command is a program.
set(leave_out PATTERN detail EXCLUDE REGEX "/(clients|servers)/app$" EXCLUDE)

foreach(component IN LISTS ROPEWALK_COMPONENTS)
  install(TARGETS ropewalk_${component} EXPORT ropewalk-${component})
  install(EXPORT ropewalk-${component} FILE ropewalk-${component}-targets.cmake NAMESPACE ropewalk::
          DESTINATION "${package_dir}")
  install(DIRECTORY "${PROJECT_SOURCE_DIR}/${component}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ropewalk"
          FILES_MATCHING PATTERN "*.h" ${leave_out})
endforeach()
install(TARGETS ropewalk_ropewalk EXPORT ropewalk-ropewalk)
install(EXPORT ropewalk-ropewalk FILE ropewalk-ropewalk-targets.cmake NAMESPACE ropewalk:: DESTINATION "${package_dir}")
if(TARGET ropewalk)
  install(TARGETS ropewalk RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# find_package(ropewalk COMPONENTS …). A static llhttp or c-ares is looked for again on the user's side, by the same modules.
if(TARGET Llhttp::llhttp)
  set(ROPEWALK_NEEDS_LLHTTP ON)
else()
  set(ROPEWALK_NEEDS_LLHTTP OFF)
endif()
if(TARGET Idn2::idn2)
  set(ROPEWALK_NEEDS_IDN2 ON)
else()
  set(ROPEWALK_NEEDS_IDN2 OFF)
endif()
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/ropewalk-config.cmake.in"
                              "${PROJECT_BINARY_DIR}/cmake/ropewalk-config.cmake" INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/cmake/ropewalk-config-version.cmake"
                                 COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/cmake/ropewalk-config.cmake"
              "${PROJECT_BINARY_DIR}/cmake/ropewalk-config-version.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/Findcares.cmake" "${PROJECT_SOURCE_DIR}/cmake/FindLlhttp.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/RopewalkLint.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/FindIdn2.cmake"
        DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/cmake/lint" DESTINATION "${package_dir}" FILES_MATCHING PATTERN "*.py")

# pkg-config. What a static library needs from others is needed to link it, so it is required in public; a shared one
# keeps that to itself.
file(RELATIVE_PATH prefix_from_pc "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
function(ropewalk_pkg_config name description own external)
  get_target_property(type ropewalk_${name} TYPE)
  set(fields "Cflags: -I\${includedir}")
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    string(APPEND fields "\nLibs: -L\${libdir} -lropewalk-${name} -pthread")
  endif()
  if(BUILD_SHARED_LIBS)
    string(APPEND fields "\nRequires: ${own}\nRequires.private: ${external}")
  else()
    string(APPEND fields "\nRequires: ${own} ${external}")
  endif()
  configure_file("${PROJECT_SOURCE_DIR}/cmake/ropewalk.pc.in" "${PROJECT_BINARY_DIR}/cmake/ropewalk-${name}.pc" @ONLY)
  install(FILES "${PROJECT_BINARY_DIR}/cmake/ropewalk-${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
endfunction()
set(protocols_pc "")
if(TARGET Llhttp::llhttp)
  string(APPEND protocols_pc " libllhttp")
endif()
if(TARGET Idn2::idn2)
  string(APPEND protocols_pc " libidn2")
endif()
ropewalk_pkg_config(core "reactor, transports, Deferred, services" "" "spdlog fmt libcares")
ropewalk_pkg_config(protocols "protocol codecs" "ropewalk-ssl" "${protocols_pc}")
ropewalk_pkg_config(ssl "TLS" "ropewalk-core" "openssl")
ropewalk_pkg_config(clients "protocol clients" "ropewalk-protocols ropewalk-ssl" "")
ropewalk_pkg_config(servers "protocol servers" "ropewalk-clients" "")
