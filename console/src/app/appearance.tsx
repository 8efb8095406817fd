import { ActionIcon, Group, Text, UnstyledButton, useMantineColorScheme } from '@mantine/core'
import { IconLanguage, IconMoon, IconSun } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { chooseLanguage } from '../texts/texts.ts'

/** Language and colours; also on the pages before the sign-in. */
export function Appearance() {
  const { t, i18n } = useTranslation()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const isDark =
    colorScheme === 'dark' || (colorScheme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches)
  const other = i18n.language === 'fr' ? ('en' as const) : ('fr' as const)
  const otherName = other === 'fr' ? 'Français' : 'English'
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={isDark ? t('nav.light') : t('nav.dark')}
        onClick={() => setColorScheme(isDark ? 'light' : 'dark')}
      >
        {isDark ? <IconSun size={20} /> : <IconMoon size={20} />}
      </ActionIcon>
      <UnstyledButton onClick={() => void chooseLanguage(other)} lang={other} px={6} py={4} aria-label={otherName}>
        <Group gap={4} wrap="nowrap">
          <IconLanguage size={20} aria-hidden />
          <Text size="sm" span visibleFrom="xs">
            {otherName}
          </Text>
        </Group>
      </UnstyledButton>
    </>
  )
}
