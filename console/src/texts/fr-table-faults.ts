export const frTableFaults = {
  table_columns: 'Le tableau a plus de {{limit}} colonnes.',
  table_empty: 'Le fichier est vide.',
  table_old_workbook:
    'Le fichier est un classeur ancien ou chiffré : enregistrez-le au format XLSX, sans mot de passe.',
  table_is_workbook: 'Le fichier est un classeur : choisissez le format Excel.',
  table_no_workbook: 'Le fichier n’est pas un classeur.',
  table_no_headers: 'Le fichier n’a pas de ligne d’en-têtes.',
  table_workbook_size: 'Le classeur dépasse {{limit}} octets : enregistrez la feuille au format CSV et importez-la.',
  table_workbook_memory:
    'Le classeur demande plus de mémoire ou de temps que permis : enregistrez la feuille au format CSV et importez-la.',
  table_workbook_damaged: 'Le fichier n’est pas un classeur XLSX, ou il est endommagé.',
  table_workbook_unpacked:
    'Le classeur décompressé est trop grand pour être lu : enregistrez la feuille au format CSV et importez-la.',
  table_record_length:
    'L’enregistrement {{record}} dépasse {{limit}} caractères : un guillemet y est peut-être resté ouvert.',
  table_quote_open: 'Un guillemet est resté ouvert, à l’enregistrement {{record}} ou plus loin.',
  table_encoding:
    'Le fichier n’est pas en {{encoding}} entre les octets {{from}} et {{to}} : choisissez un autre encodage.',
  table_json_object: 'Un objet du JSON est trop grand.',
  table_json_end: 'Le JSON n’est pas un tableau d’objets, ou s’arrête avant sa fin.',
  table_json_depth: 'Le JSON a plus de {{levels}} niveaux.',
  table_json_behind: 'Il y a quelque chose après le tableau du JSON.',
  table_json_array: 'Le JSON n’est pas un tableau d’objets.',
  table_json_line: 'Une ligne du JSON Lines est trop longue.',
  table_json_members: 'Les objets ont plus de {{limit}} membres.',
  import_stopped: 'La ligne {{row}} a été refusée. Rien n’a été importé.',
  import_given_up: 'L’import a échoué à plusieurs reprises pour une raison interne. Relancez-le plus tard.',
}
